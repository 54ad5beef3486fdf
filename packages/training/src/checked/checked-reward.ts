import { shown } from '@cppo/checked-options';
import type { RewardFunction, RewardResult } from '@cppo/reward';
import { ModuleError } from '@cppo/run';
import type { Blame } from './blame.js';
import { aKind } from './kinds.js';

const result = '{reward, parts: {accuracy, format}} with numbers';

/**
 * Wraps a custom reward function so that a malformed result is reported instead of used for training.
 *
 * @param reward a reward function.
 * @param blame names its module in messages.
 * @returns the same reward; where it fails, NaN with the reason in `why`.
 */
export function checkedReward(reward: RewardFunction, blame: Blame): RewardFunction {
  return async (input) => {
    try {
      const found: unknown = await blame.later('it', () => reward(input));
      const wrong = wrongResult(found);
      if (wrong !== undefined) throw blame.wrong('it', wrong, result);
      return found as RewardResult;
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error;
      return { reward: Number.NaN, parts: { accuracy: 0, format: 0 }, why: error.message.replace(/\.$/, '') };
    }
  };
}

/** What is wrong with a result. A reward of NaN says that the completion could not be judged. */
function wrongResult(found: unknown): string | undefined {
  const { reward, parts } = (found ?? {}) as { reward?: unknown; parts?: Record<string, unknown> | null };
  if (typeof reward !== 'number' || typeof parts !== 'object' || parts === null)
    return typeof found === 'object' && found !== null ? shown(found) : aKind(found);
  if (Number.isNaN(reward)) return undefined;
  if (!Number.isFinite(reward)) return `a reward of ${reward}`;
  if (!Number.isFinite(parts.accuracy)) return `parts.accuracy ${shown(parts.accuracy)}`;
  const odd = Object.entries(parts).find(([, value]) => typeof value !== 'number');
  return odd && `parts.${odd[0]} ${shown(odd[1])}`;
}
