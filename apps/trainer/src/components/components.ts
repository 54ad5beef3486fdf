import type { EncodedPrompt } from '@cppo/policy-qwen';
import type { RewardFunction } from '@cppo/reward';
import { type ObjectiveParts, objectiveTerms, type Components as StepComponents } from '@cppo/training';
import type { Config } from '../config/schema.js';
import { chooseLoggers, type RunLogger } from './loggers.js';
import { detectorOf, distanceOf } from './perception.js';
import type { PolicyFamily } from './policy.js';
import { policyFamily } from './policy-family.js';
import { rewardOf } from './reward.js';
import { samplerOf } from './samplers.js';
import { extraTerms } from './terms.js';
import { viewPreset } from './views.js';

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
  const views = await viewPreset(config);
  const detector = await detectorOf(config);
  const distance = await distanceOf(config);
  const objective = ownTerms(config, { views, detector, distance, terms: [] });
  return {
    views,
    detector,
    distance,
    terms: await extraTerms(config, objective),
    reward: await rewardOf(config),
    sampler: await samplerOf(config),
    family: await policyFamily(config.policy),
    loggers: await chooseLoggers(config),
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
