/** Thrown where a run stops because it was asked to (Ctrl-C or SIGTERM). */
export class Interrupted extends Error {
  override name = 'Interrupted';

  constructor(readonly signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
  }

  /** 128 + signal number, as shells have it. */
  get exitCode(): number {
    return this.signal === 'SIGINT' ? 130 : 143;
  }
}

/**
 * Recognises a stop on request, also one that another learner was asked for.
 *
 * @param error anything thrown.
 * @returns it as an `Interrupted`; undefined for any other error.
 */
export function asInterrupted(error: unknown): Interrupted | undefined {
  if (error instanceof Interrupted) return error;
  if (!(error instanceof Error) || error.name !== 'Interrupted' || !('signal' in error)) return undefined;
  return new Interrupted(error.signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
}

/** Milliseconds in which a second signal is the same Ctrl-C: npm passes on what the terminal has sent already. */
const SAME = 500;

/**
 * Turns the first Ctrl-C or SIGTERM into a request that the run honours where it is safe. Thereafter signals do what
 * they do by themselves: a second one ends the process at once, even amid a long computation, and loses the step in work.
 */
export class Interruption {
  private readonly request = new AbortController();
  private readonly listener = (signal: NodeJS.Signals) => {
    if (this.signal.aborted) return;
    setTimeout(() => this.dispose(), SAME).unref();
    this.request.abort(new Interrupted(signal));
    console.error(`\n${signal}: stopping after the work in hand; once more to stop at once.`);
  };

  constructor() {
    process.on('SIGINT', this.listener);
    process.on('SIGTERM', this.listener);
  }

  /** For work that can stop by itself; its reason is an `Interrupted`. */
  get signal(): AbortSignal {
    return this.request.signal;
  }

  /** Lets waiting signals arrive, then throws if one has. */
  async check(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.signal.throwIfAborted();
  }

  dispose(): void {
    process.off('SIGINT', this.listener);
    process.off('SIGTERM', this.listener);
  }
}
