import type { WeightFormat } from '@cppo/policy-qwen/formats';
import type { ModelFiles } from './model-choice.js';

/** Files as a reader chose them: those of a folder with their paths, or one archive. */
export type ChosenFiles = readonly (readonly [path: string, file: Blob])[];

/** What a model takes of a tab's memory with its frozen weights held so, in bytes. */
export interface Need {
  readonly weights: WeightFormat;
  readonly asking: number;
  /** Of a run with the page's settings that trains adapters. */
  readonly adapting: number;
}

/** What is known of a model before a weight is read. */
export interface Survey {
  readonly title: string;
  readonly files: ModelFiles;
  readonly fileBytes: number;
  /** Of an adapter that is put on the model. */
  readonly adapterRank: number | undefined;
  /** How its files hold the weights. */
  readonly stored: WeightFormat;
  readonly needs: readonly Need[];
  /** Bytes of a run that trains all weights. */
  readonly training: number;
  /** Bytes that a tab has for tensors. */
  readonly room: number;
}

export type SurveyAnswer =
  | { readonly kind: 'surveyed'; readonly survey: Survey }
  | { readonly kind: 'failed'; readonly reason: string };
