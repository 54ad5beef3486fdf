import { describeThrown, isRunStopped, isUserError, ModuleError, placeOf, shortest } from '@cppo/run';
import { asInterrupted } from '../loop/interruption.js';

/** Reports errors of a custom module under its name. */
export class Blame {
  /** Calls under way, each with what ends it. */
  private readonly waiting = new Set<() => void>();
  private readonly idle = () => {
    for (const end of this.waiting) end();
  };

  /**
   * @param key of the configuration, which names the module.
   * @param module its path, or the name of a package.
   * @param file where the module is, when that is known.
   */
  constructor(
    private readonly key: string,
    private readonly module: string,
    private readonly file: string | undefined,
  ) {}

  /** @param fault the rest of the sentence, without its full stop. */
  error(fault: string): ModuleError {
    return new ModuleError(`${this.key} (${shortest(this.module)}): ${fault}.`);
  }

  /** @param who what of the module gave it: `it`, `read(3)`. */
  wrong(who: string, found: string, expected: string): ModuleError {
    return this.error(`${who} gave ${found}, expected ${expected}`);
  }

  /** Prints a warning. */
  notice(text: string): void {
    // On the line of a progress bar, where one is drawn.
    console.error(`${process.stderr.isTTY ? '\r\x1b[K' : ''}cppo: ${this.error(text).message}`);
  }

  /** Wraps what was thrown in the module, except a stopped run or wrong input elsewhere. */
  threw(who: string, thrown: unknown, expected?: string): unknown {
    if (isUserError(thrown) || isRunStopped(thrown) || asInterrupted(thrown)) return thrown;
    const wanted = expected === undefined ? '' : `; expected ${expected}`;
    const error = this.error(`${who} threw: ${describeThrown(thrown, this.file)}${wanted}`);
    error.cause = thrown;
    return error;
  }

  /**
   * Runs a synchronous call; a promise is an error.
   *
   * @param whose `theirs` rethrows errors from other files unchanged: the call may report wrong data.
   */
  now<T>(who: string, expected: string, work: () => T, whose: 'any' | 'theirs' = 'any'): T {
    let result: T;
    try {
      result = work();
    } catch (thrown) {
      const elsewhere = thrown instanceof Error && placeOf(thrown, this.file) === undefined;
      throw whose === 'theirs' && elsewhere ? thrown : this.threw(who, thrown);
    }
    if (!isThenable(result)) return result;
    // Ignore its result: an unhandled rejection would end the process with a stack.
    result.then(undefined, () => {});
    throw this.wrong(who, 'a promise', `${expected} at once (not from an async function)`);
  }

  /** Awaits a call, unless its promise can no longer settle. */
  async later<T>(who: string, work: () => T | Promise<T>, expected?: string): Promise<T> {
    try {
      return await this.ending(work, `${who} never came to an end: its promise is not settled`);
    } catch (thrown) {
      throw this.threw(who, thrown, expected);
    }
  }

  /** Rejects when the process has nothing more to do and the work has still not ended. */
  private ending<T>(work: () => T | Promise<T>, otherwise: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const end = () => reject(this.error(otherwise));
      if (this.waiting.size === 0) process.on('beforeExit', this.idle);
      this.waiting.add(end);
      new Promise<T>((begin) => begin(work())).then(resolve, reject).finally(() => {
        this.waiting.delete(end);
        if (this.waiting.size === 0) process.off('beforeExit', this.idle);
      });
    });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
