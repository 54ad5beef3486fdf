import type { EvaluationRow, GroupRecord } from '@cppo/run/page';
import type { ModelChoice } from './model-choice.js';

/** What a reader chooses of a run; all else is as `cppo train` has it. */
export interface RunChoice {
  readonly engine: 'wasm' | 'webgpu';
  readonly objective: 'grpo' | 'cppo';
  /** λ. */
  readonly coefficient: number;
  /** ρ. */
  readonly ratio: number;
  readonly task: string;
  readonly seed: number;
  readonly steps: number;
  /** Prompts a step. */
  readonly prompts: number;
  /** G. */
  readonly completions: number;
  readonly learningRate: number;
  /** Held-out questions before and after; 0 for none. */
  readonly questions: number;
  /** All weights, or low-rank adapters in their place. */
  readonly trained: 'all' | 'adapters';
}

/** What the page begins with. */
export const usualRun: RunChoice = {
  ...{ engine: 'wasm', objective: 'cppo', coefficient: 0.002, ratio: 0.5, task: 'digits', seed: 1 },
  ...{ steps: 20, prompts: 12, completions: 8, learningRate: 1e-4, questions: 32, trained: 'all' },
};

export type TrainRequest =
  | {
      readonly kind: 'start';
      readonly choice: RunChoice;
      readonly model: ModelChoice;
      /** Threads with wasm, where the page is isolated. */
      readonly threads: number;
    }
  | { readonly kind: 'pause' }
  | { readonly kind: 'go on' }
  /** Asks for the model as it is by now; between steps only. */
  | { readonly kind: 'keep' };

/** Figures of a step by name. */
export type StepFigures = Readonly<Record<string, number>> & { readonly step: number };

export type TrainAnswer =
  /** What is being done, in words. */
  | { readonly kind: 'doing'; readonly what: string }
  | { readonly kind: 'engine'; readonly engine: string }
  | { readonly kind: 'evaluated'; readonly rows: readonly EvaluationRow[] }
  | { readonly kind: 'step'; readonly figures: StepFigures; readonly groups: readonly GroupRecord[] }
  | { readonly kind: 'paused' }
  | { readonly kind: 'ended' }
  /** A zip archive. */
  | { readonly kind: 'kept'; readonly archive: Blob }
  | { readonly kind: 'failed'; readonly reason: string };
