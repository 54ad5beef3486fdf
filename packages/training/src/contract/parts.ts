import type { CppoOptions } from '@cppo/cppo';
import type { AdamW, Cluster, LossTerm, Optimizer, Scorer } from '@cppo/grpo';
import type { ViewPreset } from '@cppo/perturb';
import type { RewardFunction } from '@cppo/reward';
import type { RunLogger } from '@cppo/run';
import type { PictureCodec } from './codec.js';
import type { Encoded, TrainedPolicy } from './policy.js';
import type { Sampler } from './sampler.js';
import type { SampleSource } from './samples.js';
import type { StepSettings, TrainingSettings } from './settings.js';
import type { Showing } from './showing.js';

/** A loss term that is added to those of the objective. */
export type ExtraTerm<P> = LossTerm<P> & {
  /** False for a term that uses no view of the picture; where no term does, none is drawn. */
  readonly views?: boolean;
};

/** The parts of a step that can be swapped. */
export interface Components<P extends Encoded> {
  readonly views: ViewPreset;
  /** Finds the perception tokens. */
  readonly detector: NonNullable<CppoOptions['detector']>;
  readonly distance: NonNullable<CppoOptions['distance']>;
  readonly terms: readonly ExtraTerm<P>[];
  readonly sampler: Sampler<P>;
}

/** All that a step works with. It changes the variables of the policy and the moments of the optimiser, and nothing else. */
export interface StepParts<P extends Encoded> {
  readonly config: StepSettings;
  readonly policy: TrainedPolicy<P>;
  /** The policy as it was at the start; nothing when β = 0. */
  readonly reference: Scorer<P> | undefined;
  readonly optimizer: Optimizer;
  readonly reward: RewardFunction;
  readonly source: Pick<SampleSource, 'take'>;
  /** How samples are shown. */
  readonly shown: Showing;
  readonly components: Components<P>;
  /** How pictures are read and, for the records, written. By sharp when left out, which takes Node. */
  readonly codec?: PictureCodec;
  /** The learners that take the step together. Default `alone`. */
  readonly cluster?: Cluster;
}

/** Everything that a run holds open. */
export interface Session<P extends Encoded, S extends TrainingSettings = TrainingSettings>
  extends StepParts<P> {
  readonly config: S;
  readonly optimizer: AdamW;
  readonly source: SampleSource;
  /** Opens the held-out samples; nothing where there are none. */
  readonly openHeldOut: (() => Promise<SampleSource>) | undefined;
  readonly loggers: readonly RunLogger<S>[];
  /** What saved adapters belong to, where the policy itself does not say. */
  readonly baseModel: string;
}
