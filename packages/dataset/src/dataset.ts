import type { SkippedRow } from './problem.js';
import type { Sample } from './sample.js';

/** Names an order of a set's samples. */
export interface SampleOrder {
  /** Default 0. */
  readonly seed?: number;
  /** Each epoch has its own order. Default 0. */
  readonly epoch?: number;
  /** False gives the order of the files. Default true. */
  readonly shuffle?: boolean;
}

export interface IterateOptions extends SampleOrder {
  /** Position within the epoch to start at: the number of samples already taken from it. Default 0. */
  readonly start?: number;
}

/** Samples by position, all of which can be read: what cannot was found when the set was opened. */
export interface Dataset {
  readonly name: string;
  /** Samples in an epoch. */
  readonly length: number;
  /** Rows that were left out, each with its reason. */
  readonly skipped: readonly SkippedRow[];
  /** Tells a set from another: a digest of all its samples but for the bytes of their pictures, of which it has the numbers. */
  readonly fingerprint: string;
  /** Sample by its place in the files, without the skipped ones. */
  read(index: number): Promise<Sample>;
  /**
   * The sample at a position of an epoch, a pure function of (seed, epoch, position): what `iterate` gives there.
   *
   * @throws RangeError when `position` is not in [0, length).
   */
  sampleAt(position: number, order?: SampleOrder): Promise<Sample>;
  /**
   * One epoch, a pure function of (seed, epoch): starting at `start` gives exactly what was left of it.
   *
   * @throws RangeError when `start` is not in [0, length].
   */
  iterate(options?: IterateOptions): AsyncIterable<Sample>;
  close(): Promise<void>;
}

/** @throws RangeError when a number is not in [0, end). */
export function checkPosition(
  set: { readonly name: string },
  what: 'index' | 'position' | 'start',
  value: number,
  end: number,
): void {
  if (!Number.isInteger(value) || value < 0 || value >= end) {
    throw new RangeError(`${set.name}: found ${what} ${value}; expected a whole number in [0, ${end - 1}]`);
  }
}

/** One epoch of a set, position by position. */
export async function* iterateBy(
  set: Pick<Dataset, 'name' | 'length' | 'sampleAt'>,
  { start = 0, ...order }: IterateOptions = {},
): AsyncGenerator<Sample> {
  checkPosition(set, 'start', start, set.length + 1);
  for (let position = start; position < set.length; position++) yield await set.sampleAt(position, order);
}
