import type { EncodedPrompt } from '@cppo/policy-qwen';
import type { RewardFunction } from '@cppo/reward';
import type { RunLogger } from '@cppo/run';
import {
  chooseLoggers,
  detectorOf,
  distanceOf,
  extraTerms,
  type ObjectiveParts,
  objectiveTerms,
  rewardOf,
  type Components as StepComponents,
  viewPreset,
} from '@cppo/training';
import { type PolicyFamily, policyFamily, samplerOf } from '../components/index.js';
import type { Config } from '../config/schema.js';

/** What a configuration names, ready for use. */
export interface Components extends StepComponents<EncodedPrompt> {
  readonly reward: RewardFunction;
  readonly family: PolicyFamily;
  readonly loggers: readonly RunLogger[];
}

/**
 * The components of a run: custom modules are loaded and checked, nothing heavy is.
 *
 * @throws UserError naming the key, what was found and what is expected.
 */
export async function chooseComponents(config: Config): Promise<Components> {
  const { objective } = config;
  const views = await viewPreset(config.views, objective.type);
  const detector = await detectorOf(objective.cppo.detector, objective.cppo.tokens);
  const distance = await distanceOf(objective.cppo.distance);
  const own = ownTerms(config, { views, detector, distance, terms: [] });
  return {
    views,
    detector,
    distance,
    terms: await extraTerms(objective.terms, own),
    reward: await rewardOf(config.reward, config.rollout.maxTokens),
    sampler: await samplerOf(config.rollout.sampler),
    family: await policyFamily(config.policy),
    loggers: await chooseLoggers(config.loggers),
  };
}

/** Names of the objective's own terms, asked of themselves. */
function ownTerms(config: Config, components: ObjectiveParts<EncodedPrompt>['components']): string[] {
  const reference: ObjectiveParts<EncodedPrompt>['reference'] = {
    score: () => {
      throw new Error('ownTerms: the reference has no scores; expected to be asked for names only.');
    },
  };
  const withReference = config.objective.kl.coefficient > 0 ? reference : undefined;
  return objectiveTerms({ config, reference: withReference, components }, 1).map(({ name }) => name);
}
