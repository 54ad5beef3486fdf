import type { Dataset, IterateOptions } from '../dataset.js';
import type { SkippedRow } from '../problem.js';
import type { Sample } from '../sample.js';
import { checkStart } from '../surveyed-dataset.js';
import { permutation } from './permutation.js';

interface Share {
  readonly set: Dataset;
  /** Positions of an epoch that this set fills: from `first`, `count` of them. */
  readonly first: number;
  readonly count: number;
}

/**
 * Several sets mixed by weight. An epoch has as many samples as the sets have together, of which each set gets exactly its share
 * (to the nearest sample). A set runs through all its samples before any comes again, over epochs too. Which
 * sample stands at a position is a function of (seed, epoch, position), so a run resumes exactly.
 */
export class Mixture implements Dataset {
  readonly length: number;
  readonly skipped: readonly SkippedRow[];
  private readonly shares: readonly Share[];

  constructor(
    readonly name: string,
    parts: readonly { readonly set: Dataset; readonly weight: number }[],
  ) {
    this.length = parts.reduce((sum, { set }) => sum + set.length, 0);
    this.skipped = parts.flatMap(({ set }) => set.skipped);
    const whole = parts.reduce((sum, { weight }) => sum + weight, 0);
    let weight = 0;
    let first = 0;
    this.shares = parts.map((part) => {
      weight += part.weight;
      // Rounding the running sum, not each share, makes the shares add up.
      const end = Math.round((this.length * weight) / whole);
      const share = { set: part.set, first, count: end - first };
      first = end;
      return share;
    });
  }

  async read(index: number): Promise<Sample> {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(
        `${this.name}: found index ${index}; expected a whole number in [0, ${this.length})`,
      );
    }
    const { set, first } = this.shareAt(index);
    return set.read((index - first) % set.length);
  }

  async *iterate({
    seed = 0,
    epoch = 0,
    start = 0,
    shuffle = true,
  }: IterateOptions = {}): AsyncGenerator<Sample> {
    checkStart(this, start);
    const order = shuffle ? permutation(this.length, seed, epoch, this.shares.length) : (at: number) => at;
    for (let position = start; position < this.length; position++) {
      const slot = order(position);
      const share = this.shareAt(slot);
      const drawn = epoch * share.count + (slot - share.first);
      const pass = Math.floor(drawn / share.set.length);
      const within = drawn % share.set.length;
      const index = shuffle
        ? permutation(share.set.length, seed, pass, this.shares.indexOf(share) + 1)(within)
        : within;
      yield await share.set.read(index);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.shares.map(({ set }) => set.close()));
  }

  private shareAt(slot: number): Share {
    return this.shares.find(({ first, count }) => slot < first + count)!;
  }
}
