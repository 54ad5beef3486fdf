import { UserError } from '@cppo/run';
import type { Sampler } from '../components/index.js';
import type { Config } from '../config/schema.js';

/**
 * Refuses settings that do not go with where completions are sampled.
 *
 * @param adapted whether the model is an adapter itself.
 * @throws UserError naming the key.
 */
export function refuseSampler({ rollout, lora }: Config, sampler: Sampler, adapted: boolean): void {
  if (sampler.elsewhere !== true) {
    if (rollout.ahead > 0)
      throw new UserError(
        `rollout.ahead: found ${rollout.ahead}, expected 0 where the policy itself samples, whose weights change meanwhile: 1 is for rollout.sampler={name: engine}.`,
      );
    return;
  }
  for (const [key, value, all] of [
    ['topK', rollout.topK, 0],
    ['topP', rollout.topP, 1],
  ] as const) {
    if (value === all) continue;
    throw new UserError(
      `rollout.${key}: found ${value}, expected ${all} where another engine samples: its log-probabilities would be of another distribution.`,
    );
  }
  if (sampler.weightsChanged !== undefined && lora === null && !adapted)
    throw new UserError(
      'lora: found null, expected adapters, such as {rank: 16}, where rollout.sampler hands them to another engine.',
    );
}
