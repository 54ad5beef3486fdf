import type { Measured } from '../logs/measured.js';
import type { RunStatus } from '../logs/sessions.js';
import type { Series } from './page-data.js';

/** A difference of two shares, −1 to 1, with its 95 % interval. */
export interface Difference extends Required<Measured> {
  /** `questions`: measured question by question. `none`: from the intervals of both, as of independent questions. */
  readonly paired: 'questions' | 'none';
}

/** A run among others. */
export interface ComparedRun {
  /** Name of its directory. */
  readonly name: string;
  /** Its place in `arms`. */
  readonly arm: number;
  readonly seed?: number;
  readonly status: RunStatus;
  /** Steps that are done, and that are to be done. */
  readonly done: number;
  readonly steps: number;
  readonly tags: readonly string[];
  readonly note?: string;
  readonly series: Series;
  /** Held-out figures over the steps, where it was evaluated while it trained. */
  readonly heldOut: Series;
  /** Held-out accuracy before training and after. */
  readonly before?: Measured;
  readonly after?: Measured;
  /** Where its own page is, as seen from this one; only where that is served. */
  readonly page?: string;
}

/** Runs of one configuration, whatever their seeds. */
export interface ComparedArm {
  readonly name: string;
  /** Mean over the runs that were evaluated at their end. */
  readonly result?: Measured;
  /** Against the first arm. */
  readonly difference?: Difference;
}

/** What a page shows of several runs; the page holds it as JSON. */
export interface ComparisonPageData {
  readonly kind: 'comparison';
  readonly title: string;
  /** Measure of the results, such as avg@8; absent while there are none. */
  readonly measure?: string;
  readonly arms: readonly ComparedArm[];
  readonly runs: readonly ComparedRun[];
  /** Keys of the configuration in which arms differ, with the value in each. */
  readonly settings: readonly { readonly key: string; readonly values: readonly string[] }[];
  /** The page is served and will be told of what follows. */
  readonly live: boolean;
}
