import type { EvaluationRow, GroupRecord } from '@cppo/run/page';

/** What a reader chooses of a run; all else is as `cppo train` has it. */
export interface RunChoice {
  readonly engine: 'wasm' | 'webgpu';
  /** Threads with wasm; as many as there are when left out. */
  readonly threads?: number;
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
}

export type TrainRequest =
  | { readonly kind: 'start'; readonly choice: RunChoice }
  | { readonly kind: 'pause' }
  | { readonly kind: 'go on' };

/** Figures of a step by name. */
export type StepFigures = Readonly<Record<string, number>> & { readonly step: number };

export type TrainAnswer =
  /** What is being done, in words. */
  | { readonly kind: 'doing'; readonly what: string }
  | { readonly kind: 'evaluated'; readonly rows: readonly EvaluationRow[] }
  | { readonly kind: 'step'; readonly figures: StepFigures; readonly groups: readonly GroupRecord[] }
  | { readonly kind: 'paused' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly reason: string };
