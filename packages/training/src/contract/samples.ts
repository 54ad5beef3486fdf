import type { Sample, SkippedRow } from '@cppo/dataset';

/** A sample at its place in a run: the same sample in another epoch is drawn, perturbed and answered anew. */
export interface PlacedSample {
  readonly sample: Sample;
  readonly epoch: number;
}

/** Samples by position in the run: a pure function of (seed, position), so a run resumes anywhere. */
export interface SampleSource {
  readonly name: string;
  /** Samples in an epoch; infinite for the built-in tasks, which never repeat. */
  readonly length: number;
  /** Rows that were left out, each with its reason. */
  readonly skipped: readonly SkippedRow[];
  /** Distinguishes sets wherever they are stored; undefined for built-in tasks and custom data sets. */
  readonly fingerprint?: string | undefined;
  /** @param order 0 is the run's own order; others serve where samples are drawn besides. Default 0. */
  take(start: number, count: number, order?: number): Promise<PlacedSample[]>;
  close(): Promise<void>;
}
