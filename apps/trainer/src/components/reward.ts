import {
  combineRewards,
  createReward,
  lengthPenalty,
  overlongPenalty,
  type RewardFunction,
  repetitionPenalty,
} from '@cppo/reward';
import type { Config } from '../config/schema.js';
import { type ComponentKind, component, without } from './component.js';

/** The reward of a run: its function, plus the penalties that have a weight, then (r − shift) · scale. */
export async function rewardOf({ reward, rollout }: Config): Promise<RewardFunction> {
  const { accuracyWeight, formatWeight, overlong, repetition, length, shift, scale } = reward;
  const kind: ComponentKind<RewardFunction> = {
    expected: 'a function ({completion, answer, …}) that gives {reward, parts: {accuracy, format}}',
    accepts: (value) => typeof value === 'function',
    builtIn: { boxed: without(createReward({ accuracyWeight, formatWeight })) },
  };
  const base = checked(await component('reward.function', reward.function, kind));
  const limit = rollout.maxTokens;
  const penalties = {
    ...(overlong.weight > 0 && {
      overlong: {
        part: overlongPenalty({ buffer: Math.min(overlong.buffer, limit), limit }),
        weight: overlong.weight,
      },
    }),
    ...(repetition.weight > 0 && {
      repetition: { part: repetitionPenalty({ size: repetition.size }), weight: repetition.weight },
    }),
    ...(length.weight > 0 && { length: { part: lengthPenalty({ limit }), weight: length.weight } }),
  };
  const whole = Object.keys(penalties).length === 0 ? base : combineRewards(base, penalties);
  if (shift === 0 && scale === 1) return whole;
  return async (input) => {
    const result = await whole(input);
    return { ...result, reward: (result.reward - shift) * scale };
  };
}

/** What a function of the user's own gives is looked at: a result of another shape is said, not trained on. */
function checked(reward: RewardFunction): RewardFunction {
  return async (input) => {
    const result = await reward(input);
    const { reward: value, parts } = result ?? {};
    // NaN says that the completion could not be judged.
    const infinite = typeof value === 'number' && !Number.isNaN(value) && !Number.isFinite(value);
    if (typeof value !== 'number' || infinite || typeof parts?.accuracy !== 'number') {
      throw new TypeError(
        `it gave ${infinite ? `a reward of ${value}` : JSON.stringify(result)}, expected {reward, parts: {accuracy, format}} with numbers`,
      );
    }
    return result;
  };
}
