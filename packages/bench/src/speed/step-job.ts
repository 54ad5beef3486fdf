import type { Arithmetic } from './size-job.js';

/** The job of a process that runs steps, passed when it starts; `tools/peers/trl_step.py` reads the same. */
export interface StepJob {
  /** Directory. */
  readonly model: string;
  /** Files, one a prompt. */
  readonly pictures: readonly string[];
  readonly questions: readonly string[];
  /** The right answers: then completions end by themselves and are rewarded for them. Without, all have the whole length and every second is right. */
  readonly answers?: readonly string[];
  /** G. */
  readonly completions: number;
  /** Longest completion. */
  readonly tokens: number;
  readonly threads: number;
  /** The engine to take; the best that starts when left out. */
  readonly engine?: string;
  /** Accept a WebGPU adapter that is emulated on the processor. */
  readonly softwareAdapter?: boolean;
  /** Train adapters instead of all weights. */
  readonly lora?: { readonly rank: number; readonly alpha: number };
  readonly arithmetic?: Arithmetic;
}

/** One turn of a process. */
export interface StepRequest {
  readonly objective: 'grpo' | 'cppo';
  /** Every completion runs with a prompt and pictures of its own; CPPO is then three passes over all completions. */
  readonly plain?: boolean;
  /** Takes the completions of the last turn, and its seconds of sampling. */
  readonly again?: boolean;
  /** Also says what every kernel took; the clocks themselves take some time. */
  readonly profile?: boolean;
  /** Of sampling; high, so that no two completions are equal: those would be scored once. Default 1. */
  readonly temperature?: number;
  /** Less than the job's, to see how time grows with work. */
  readonly prompts?: number;
  readonly completions?: number;
  readonly tokens?: number;
}
