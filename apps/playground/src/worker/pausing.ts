/** A run that waits between steps while it is told to. */
export class Pausing {
  #paused = false;
  #wake: (() => void) | undefined;

  pause(): void {
    this.#paused = true;
  }

  goOn(): void {
    this.#paused = false;
    this.#wake?.();
  }

  /** Lets messages in, and returns once the run is not paused. @param onPause called when it waits. */
  async passed(onPause: () => void): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    if (!this.#paused) return;
    onPause();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
