import type { SkippedRow } from './problem.js';
import type { Sample } from './sample.js';

export interface IterateOptions {
  /** Default 0. */
  readonly seed?: number;
  /** Each epoch has its own order. Default 0. */
  readonly epoch?: number;
  /** Position within the epoch to start at: the number of samples already taken from it. Default 0. */
  readonly start?: number;
  /** False gives the order of the files. Default true. */
  readonly shuffle?: boolean;
}

/** Samples by position, all of which can be read: what cannot was found when the set was opened. */
export interface Dataset {
  readonly name: string;
  /** Samples in an epoch. */
  readonly length: number;
  /** Rows that were left out, each with its reason. */
  readonly skipped: readonly SkippedRow[];
  /** Sample by its place in the files, without the skipped ones. */
  read(index: number): Promise<Sample>;
  /**
   * One epoch, a pure function of (seed, epoch): starting at `start` gives exactly what was left of it.
   *
   * @throws RangeError when `start` is not in [0, length].
   */
  iterate(options?: IterateOptions): AsyncIterable<Sample>;
  close(): Promise<void>;
}
