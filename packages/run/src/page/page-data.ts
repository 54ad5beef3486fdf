import type { Measured } from '../logs/measured.js';
import type { GroupRecord } from '../logs/rollout-log.js';
import type { RunStatus } from '../logs/sessions.js';

/** One row of the before/after table. */
export interface EvaluationRow {
  readonly name: string;
  /** A built-in task, below the figures over all questions. */
  readonly task: boolean;
  readonly before?: Measured;
  readonly after?: Measured;
}

/** Figures of a run by name, a column each; null where a step has none. All columns have the length of `steps`. */
export interface Series {
  readonly steps: readonly number[];
  readonly columns: Readonly<Record<string, readonly (number | null)[]>>;
  /** Steps that one point is the mean of. */
  readonly stride: number;
}

/** What the page shows of a run; the page holds it as JSON. */
export interface RunPageData {
  readonly kind: 'run';
  readonly title: string;
  readonly status: RunStatus;
  readonly config: RunFacts & Readonly<Record<string, unknown>>;
  readonly series: Series;
  readonly evaluation: readonly EvaluationRow[];
  /** Held-out figures over the steps; no steps where it was not evaluated while it trained. */
  readonly heldOut: Series;
  readonly groups: readonly GroupRecord[];
  /** Groups and steps that the run has rolled out by now; the page may hold fewer. */
  readonly rolledOut: { readonly groups: number; readonly steps: number };
  /** The page is served and will receive updates. */
  readonly live: boolean;
}

/** What the page reads of a configuration; what is not there is not shown. */
export interface RunFacts {
  /** That the run is to do. */
  readonly steps: number;
  readonly model?: string;
  readonly seed?: number;
  readonly objective?: { readonly type: string };
  readonly data?: { readonly train: unknown };
  readonly rollout?: { readonly prompts: number; readonly completions: number; readonly cache?: string };
  readonly weights?: string;
  readonly activations?: string;
}

/** The update of a served page when the run has progressed. */
export interface RunUpdate {
  readonly status: RunStatus;
  readonly series: Series;
  readonly evaluation: readonly EvaluationRow[];
  readonly heldOut: Series;
  /** Groups of the steps since the last update. */
  readonly groups: readonly GroupRecord[];
  readonly rolledOut: RunPageData['rolledOut'];
  readonly ended: boolean;
}

/** A token of an inspected answer. Entropies in nats. */
export interface InspectedToken {
  readonly id: number;
  readonly text: string;
  /** Log-probability under the picture as it is, nats. */
  readonly logProb: number;
  /** H, under the picture as it is. */
  readonly entropy: number;
  /** H⁻, under the information-removing view. */
  readonly removedEntropy: number;
  /** ΔH = H⁻ − H. */
  readonly shift: number;
  readonly perceives: boolean;
}

/** What the page shows of one answer. */
export interface InspectionPageData {
  readonly kind: 'inspection';
  readonly title: string;
  readonly model: string;
  /** In words: score, base and share of the detection, temperature, views. */
  readonly settings: readonly string[];
  readonly tokens: readonly InspectedToken[];
  /** Data URLs by view, one for each picture of the prompt. */
  readonly pictures: Readonly<Record<string, readonly string[]>>;
}
