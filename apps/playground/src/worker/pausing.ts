/** A run that waits between steps while it is told to. */
export class Pausing {
  #paused = false;
  readonly #waiting: (() => void)[] = [];

  pause(): void {
    this.#paused = true;
  }

  goOn(): void {
    this.#paused = false;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Lets messages in, and returns once the run is not paused. @param onPause called when it waits. */
  async passed(onPause: () => void): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    if (!this.#paused) return;
    onPause();
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
