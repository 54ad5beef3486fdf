import type { WeightFormat } from '@cppo/policy-qwen/formats';

/** A model of the reader's: the files of a Hugging Face directory by name. */
export interface OwnModel {
  readonly title: string;
  readonly files: ModelFiles;
  /** How frozen weights are held; as the files have them when left out. */
  readonly weights: WeightFormat | undefined;
  /** Of the adapter on it, which is then what is trained. */
  readonly adapterRank: number | undefined;
}

export type ModelFiles = Readonly<Record<string, Blob>>;

/** What is asked and trained. */
export type ModelChoice = 'shipped' | OwnModel;
