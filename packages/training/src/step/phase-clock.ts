/** Seconds of the phases of a step, each from the end of the one before; a phase that comes again adds up. */
export class PhaseClock {
  private readonly started = performance.now();
  private last = this.started;
  private readonly phases: Record<string, number> = {};

  end(phase: string): void {
    const now = performance.now();
    const key = `seconds/${phase}`;
    this.phases[key] = (this.phases[key] ?? 0) + (now - this.last) / 1000;
    this.last = now;
  }

  /** Time that is reported elsewhere: part of the total, but no phase of its own. */
  pass(): void {
    this.last = performance.now();
  }

  total(): number {
    return (this.last - this.started) / 1000;
  }

  metrics(): Record<string, number> {
    return { ...this.phases, 'seconds/step': this.total() };
  }
}
