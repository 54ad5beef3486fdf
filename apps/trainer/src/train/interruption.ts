/** Thrown where a run stops because it was asked to (Ctrl-C or SIGTERM). */
export class Interrupted extends Error {
  constructor(readonly signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
  }

  /** 128 + signal number, as shells have it. */
  get exitCode(): number {
    return this.signal === 'SIGINT' ? 130 : 143;
  }
}

/**
 * Turns the first Ctrl-C or SIGTERM into a request that the run honours where it is safe; a second one ends the
 * process at once, which loses at most the current step.
 */
export class Interruption {
  private signal: NodeJS.Signals | undefined;
  private readonly listener = (signal: NodeJS.Signals) => {
    if (this.signal !== undefined) process.exit(new Interrupted(signal).exitCode);
    this.signal = signal;
    console.error(`\n${signal}: stopping after the work in hand; once more to stop at once.`);
  };

  constructor() {
    process.on('SIGINT', this.listener);
    process.on('SIGTERM', this.listener);
  }

  /** Lets waiting signals arrive, then throws if one has. */
  async check(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.signal !== undefined) throw new Interrupted(this.signal);
  }

  dispose(): void {
    process.off('SIGINT', this.listener);
    process.off('SIGTERM', this.listener);
  }
}
