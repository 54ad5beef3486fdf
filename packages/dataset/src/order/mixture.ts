import { createHash } from 'node:crypto';
import { checkPosition, type Dataset, type IterateOptions, iterateBy, type SampleOrder } from '../dataset.js';
import type { SkippedRow } from '../problem.js';
import type { Sample } from '../sample.js';
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
 * sample is at a position is a function of (seed, epoch, position), so a run resumes exactly.
 */
export class Mixture implements Dataset {
  readonly length: number;
  readonly skipped: readonly SkippedRow[];
  readonly fingerprint: string;
  private readonly shares: readonly Share[];

  constructor(
    readonly name: string,
    parts: readonly { readonly set: Dataset; readonly weight: number }[],
  ) {
    this.length = parts.reduce((sum, { set }) => sum + set.length, 0);
    this.skipped = parts.flatMap(({ set }) => set.skipped);
    this.fingerprint = createHash('sha256')
      .update(JSON.stringify(parts.map(({ set, weight }) => [set.fingerprint, weight])))
      .digest('hex');
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
    checkPosition(this, 'index', index, this.length);
    const { set, first } = this.shareAt(index);
    return set.read((index - first) % set.length);
  }

  async sampleAt(
    position: number,
    { seed = 0, epoch = 0, shuffle = true }: SampleOrder = {},
  ): Promise<Sample> {
    checkPosition(this, 'position', position, this.length);
    const slot = shuffle ? permutation(this.length, seed, epoch, this.shares.length)(position) : position;
    const share = this.shareAt(slot);
    const { set, first, count } = share;
    const drawn = epoch * count + (slot - first);
    const pass = Math.floor(drawn / set.length);
    const within = drawn % set.length;
    if (!shuffle) return set.read(within);
    return set.read(permutation(set.length, seed, pass, this.shares.indexOf(share) + 1)(within));
  }

  iterate(options?: IterateOptions): AsyncIterable<Sample> {
    return iterateBy(this, options);
  }

  async close(): Promise<void> {
    await Promise.all(this.shares.map(({ set }) => set.close()));
  }

  private shareAt(slot: number): Share {
    return this.shares.find(({ first, count }) => slot < first + count)!;
  }
}
