import type { StepMetrics } from '../logs/metrics-log.js';

/** The run, as passed to a logger. */
export interface LoggedRun<Config = Readonly<Record<string, unknown>>> {
  readonly config: Config;
  /** Run directory. */
  readonly directory: string;
  /** Steps completed earlier, when a run resumes; a logger may know them already. */
  readonly earlier: readonly StepMetrics[];
  /** Held-out evaluations while it trained that were made before. */
  readonly evaluated: readonly StepMetrics[];
}

/** How a run ended: all its steps done, stopped by a signal, or by an error. */
export type RunOutcome = 'finished' | 'stopped' | 'failed';

/**
 * Where the figures of a run go besides `metrics.jsonl`, which is the run's own record. Called in this order, one call at
 * a time and beside the training, which waits for none of them; what they throw costs a warning, not the run.
 */
export interface RunLogger<Config = Readonly<Record<string, unknown>>> {
  start(run: LoggedRun<Config>): void | Promise<void>;
  /** Figures of one step, flat: `loss/cppo`, `reward/mean`, … Some may not be finite. */
  step(metrics: StepMetrics): void | Promise<void>;
  /** Held-out figures while it trains, of the step in their `step`: `evaluation/accuracy`, … */
  evaluation?(metrics: StepMetrics): void | Promise<void>;
  finish?(outcome: RunOutcome): void | Promise<void>;
}
