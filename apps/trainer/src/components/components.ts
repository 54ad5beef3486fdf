import type { Distance } from '@cppo/contrastive-loss';
import type { ViewPreset } from '@cppo/perturb';
import type { RewardFunction } from '@cppo/reward';
import type { Config } from '../config/schema.js';
import { chooseLoggers, type RunLogger } from '../loggers/index.js';
import { type Detector, detectorOf, distanceOf, type TokenDistance } from './perception.js';
import { type PolicyLoader, policyLoader } from './policy.js';
import { rewardOf } from './reward.js';
import { type Sampler, samplerOf } from './samplers.js';
import { type ExtraTerm, extraTerms } from './terms.js';
import { viewPreset } from './views.js';

/** What a configuration names, ready for use. */
export interface Components {
  readonly views: ViewPreset;
  /** Nothing for the built-in one. */
  readonly detector: Detector | undefined;
  readonly distance: Distance | TokenDistance;
  readonly terms: readonly ExtraTerm[];
  readonly reward: RewardFunction;
  readonly sampler: Sampler;
  readonly loadPolicy: PolicyLoader;
  readonly loggers: readonly RunLogger[];
}

/**
 * The components of a run: those with a module of the user's own are loaded and looked at, nothing heavy is.
 *
 * @throws UserError naming the key, what was found and what is expected.
 */
export async function chooseComponents(config: Config): Promise<Components> {
  return {
    views: await viewPreset(config),
    detector: await detectorOf(config),
    distance: await distanceOf(config),
    terms: await extraTerms(config),
    reward: await rewardOf(config),
    sampler: await samplerOf(config),
    loadPolicy: await policyLoader(config),
    loggers: await chooseLoggers(config),
  };
}
