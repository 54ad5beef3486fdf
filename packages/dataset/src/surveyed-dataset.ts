import { checkPosition, type Dataset, type IterateOptions, iterateBy, type SampleOrder } from './dataset.js';
import { isSample, readSample } from './fields/read-sample.js';
import type { OpenSource } from './open-source.js';
import { permutation } from './order/permutation.js';
import { describeProblem, type SkippedRow } from './problem.js';
import type { Sample } from './sample.js';

/** Rows of one source without those that the survey left out. */
export class SurveyedDataset implements Dataset {
  readonly name: string;
  readonly length: number;

  constructor(
    private readonly opened: OpenSource,
    /** In the order of rows. */
    readonly skipped: readonly SkippedRow[],
    readonly fingerprint: string,
  ) {
    this.name = opened.reading.set;
    this.length = opened.source.length - skipped.length;
  }

  async read(index: number): Promise<Sample> {
    checkPosition(this, 'index', index, this.length);
    const { source, reading } = this.opened;
    const sample = readSample(await source.read(this.rowOf(index)), reading);
    if (!isSample(sample)) {
      throw new Error(`${describeProblem(sample)}; the file was changed after it was opened`);
    }
    return sample;
  }

  async sampleAt(
    position: number,
    { seed = 0, epoch = 0, shuffle = true }: SampleOrder = {},
  ): Promise<Sample> {
    checkPosition(this, 'position', position, this.length);
    return this.read(shuffle ? permutation(this.length, seed, epoch)(position) : position);
  }

  iterate(options?: IterateOptions): AsyncIterable<Sample> {
    return iterateBy(this, options);
  }

  async close(): Promise<void> {
    await this.opened.close();
  }

  /** The row of a kept sample: as many rows further on as were skipped before it. */
  private rowOf(index: number): number {
    let low = 0;
    let high = this.skipped.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      // Rows kept before the skipped one.
      if (this.skipped[middle]!.row - 1 - middle <= index) low = middle + 1;
      else high = middle;
    }
    return index + low;
  }
}
