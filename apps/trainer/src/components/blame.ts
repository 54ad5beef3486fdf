import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRunStopped, isUserError, ModuleError } from '@cppo/run';
import { Interrupted } from '@cppo/training';
import { shown } from '../config/describe-issue.js';

/** Says as theirs what a user's module does wrong. */
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

  /** Says what is no fault yet. */
  notice(text: string): void {
    // Where a bar is drawn, on its line.
    console.error(`${process.stderr.isTTY ? '\r\x1b[K' : ''}cppo: ${this.error(text).message}`);
  }

  /** What was thrown in it. A run that was stopped or found wrong input elsewhere is not the module's doing. */
  threw(who: string, thrown: unknown, expected?: string): unknown {
    if (isUserError(thrown) || isRunStopped(thrown) || thrown instanceof Interrupted) return thrown;
    const wanted = expected === undefined ? '' : `; expected ${expected}`;
    const error = this.error(`${who} threw: ${describeThrown(thrown, this.file)}${wanted}`);
    error.cause = thrown;
    return error;
  }

  /**
   * Runs what has to answer at once; a promise is no answer.
   *
   * @param whose `theirs` leaves alone what was thrown elsewhere than in their files: work on data can find fault with those.
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
    // What it comes to is of no use; a rejection nobody waits for would end the process with a stack.
    result.then(undefined, () => {});
    throw this.wrong(who, 'a promise', `${expected} at once (not from an async function)`);
  }

  /** Waits for what may take its time, but not for what can no longer come. */
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

/** Message of what was thrown, in one line, with the place in the user's file where the stack has one. */
export function describeThrown(thrown: unknown, file?: string): string {
  if (!(thrown instanceof Error)) return shown(thrown);
  const [first = ''] = thrown.message.split('\n');
  const text = (first.trim() || thrown.name)
    .replace(/[.:]?\s*$/, '')
    .replace(/^ParseError: /, 'syntax error: ');
  const place = placeOf(thrown, file);
  return place === undefined ? text : `${text} (${place})`;
}

/** `file:line` of the first place of an error that is the user's: in the module, or else beside it. */
export function placeOf(error: Error, file?: string): string | undefined {
  const [, ...frames] = (error.stack ?? '').slice(Math.max(0, headLength(error))).split('\n');
  const places = frames.flatMap((frame) => {
    const found = /(?:\(|at )(?:async )?([^()]+?):(\d+):\d+\)?$/.exec(frame.trim());
    return found === null ? [] : [{ path: pathOf(found[1]!), line: found[2]! }];
  });
  // A parser says where in its message; a loader, who asked for what is missing.
  const said = /([^\s:]+\.[cm]?[jt]sx?):(\d+)(?::\d+)?/.exec(error.message.replace(/^.*\n/, ''));
  if (said !== null) return `${shortest(said[1]!)}:${said[2]}`;
  const [asker] = (error as Error & { requireStack?: string[] }).requireStack ?? [];
  if (asker !== undefined && isTheirs(asker)) return shortest(asker);
  const theirs = places.filter(({ path }) => isTheirs(path));
  const place =
    file === undefined
      ? theirs[0]
      : theirs.find(({ path }) => path === file || path.startsWith(`${dirname(file)}/`));
  return place && `${shortest(place.path)}:${place.line}`;
}

/** The stack begins with the message, which can have lines that look like places. */
function headLength(error: Error): number {
  const at = (error.stack ?? '').indexOf(error.message);
  return error.message === '' || at < 0 ? 0 : at + error.message.length;
}

function pathOf(address: string): string {
  const [path] = address.split('?');
  return path!.startsWith('file://') ? fileURLToPath(path!) : path!;
}

/** Node's own files, packages, and what was built of this program are nobody's module. */
function isTheirs(path: string): boolean {
  return (
    !path.startsWith('node:') && !/[\\/](node_modules|dist)[\\/]/.test(path) && /^(\/|[A-Za-z]:)/.test(path)
  );
}

/** A path as it is shortest to read. */
export function shortest(path: string): string {
  const short = relative(process.cwd(), path);
  return /^(\/|[A-Za-z]:)/.test(path) && short.length < path.length ? short : path;
}
