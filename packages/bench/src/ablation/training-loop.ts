import type { RunDirectory } from '@cppo/run';
import type { EvaluateOptions } from '../evaluate/evaluate.js';
import type { EvaluationSample } from '../evaluate/outcome.js';
import type { Split } from '../tasks/sample.js';

/**
 * The training loop of an ablation: reads the settings of a run, `key=value` as the loop understands them.
 *
 * P is a prompt as the policy takes it.
 */
export type ConfigureRun<P> = (settings: readonly string[]) => Promise<ConfiguredRun<P>>;

/** A run that is configured; nothing is loaded yet. */
export interface ConfiguredRun<P> {
  /** Optimiser steps. */
  readonly steps: number;
  /** Answers to each held-out question: the k of avg@k. */
  readonly samplesPerQuestion: number;
  /** Where its held-out questions come from: one split, or two. */
  readonly splits: readonly Split[];
  /** The whole configuration: what is kept in the directory, and has to be the same when the run is continued. */
  readonly config: object;
  /** Loads the model, as it was at the newest checkpoint in the directory, if there is one. */
  open(directory: RunDirectory): Promise<OpenedRun<P>>;
}

/** A run with its model. */
export interface OpenedRun<P> {
  /** The engine in words. */
  readonly engine: string;
  /**
   * Trains to the last step and logs every step to `metrics.jsonl` of the directory.
   *
   * @param check throws when the run was asked to stop; to be called where it can stop.
   */
  train(check: () => Promise<void>): Promise<void>;
  openQuestions(split: Split): Promise<HeldOutQuestions<P>>;
  close(): Promise<void>;
}

/** Held-out questions, and how they are asked and judged. */
export interface HeldOutQuestions<P>
  extends Pick<EvaluateOptions<P, EvaluationSample>, 'policy' | 'reward' | 'temperature' | 'maxTokens'> {
  readonly questions: readonly HeldOutQuestion<P>[];
  close(): Promise<void>;
}

export interface HeldOutQuestion<P> {
  readonly sample: EvaluationSample;
  /** The question as the policy takes it. */
  encode(): P | Promise<P>;
}
