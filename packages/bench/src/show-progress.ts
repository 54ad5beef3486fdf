/** Shows how far some long work is. */
export interface ProgressDisplay {
  /** @param figures what is known by then, in words. */
  update(done: number, figures?: string): void;
  stop(): void;
}

/** Begins to show work of so many parts. */
export type ShowProgress = (title: string, total: number) => ProgressDisplay;

export const showNothing: ShowProgress = () => ({ update() {}, stop() {} });
