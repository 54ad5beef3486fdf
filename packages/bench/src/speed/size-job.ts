import type { PolicyOptions } from '@cppo/policy-qwen';

/** In which numbers a model is held and computed; float32, or as its files have them, where left out. */
export type Arithmetic = Pick<PolicyOptions, 'weights' | 'activations' | 'cache'>;

/** What is measured in a process of its own; `tools/peers/size.py` knows the same. */
export const sizeMeasurements = ['score', 'first', 'speed', 'step'] as const;
export type SizeMeasurement = (typeof sizeMeasurements)[number];

/** The job of a measuring process, passed when it starts. A step has its own, `StepJob`. */
export interface SizeJob {
  readonly measure: Exclude<SizeMeasurement, 'step'>;
  /** Directory. */
  readonly model: string;
  /** A file of 448 × 448 pixels: 256 image tokens. */
  readonly picture: string;
  readonly question: string;
  readonly completions: number;
  readonly tokens: number;
  /** The median of so many is given. */
  readonly rounds: number;
  readonly threads: number;
  /** The engine to take; the best that starts when left out. */
  readonly engine?: string;
  readonly arithmetic: Arithmetic;
}

/** Of a short completion, scored from a cold start. */
export interface ScoreFigures {
  /** Bytes at the widest. */
  readonly memory: number;
  readonly logProbs: readonly number[];
}

export interface FirstFigures {
  readonly memory: number;
  /** From the start of the process to the first sampled token. */
  readonly sinceStart: number;
}

/** Tokens a second. */
export interface SpeedFigures {
  /** Tokens of the prompt, its picture included. */
  readonly prefill: number;
  /** Tokens of the prompt and of one completion. */
  readonly scoring: number;
  /** Tokens of the completions of a group; their prompt takes time and is not counted. */
  readonly groupScoring: number;
  /** Tokens of the completions of a group, from the first to the last. */
  readonly sampling: number;
  readonly memory: number;
}

/** Seconds. */
export interface StepFigures {
  readonly sampling: number;
  readonly scoring: number;
  readonly update: number;
  readonly step: number;
  readonly memory: number;
}

/** A failure replaces the figures. */
export type Measured<T> = T | { readonly error: string };
