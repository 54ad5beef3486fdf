import { shown } from '@cppo/checked-options';
import type { PartialReward, RewardFunction, RewardPartFunction, RewardResult } from '@cppo/reward';
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

/**
 * Checks the results of one of several user-supplied reward functions: a plain number will do, and so will parts without accuracy and format.
 *
 * @param reward may return a promise.
 * @param blame names the function in messages.
 * @returns the same function; a result that is neither becomes a reward of NaN with the reason.
 */
export function checkedRewardPart(reward: RewardPartFunction, blame: Blame): RewardPartFunction {
  return async (input) => {
    try {
      const found: unknown = await blame.later('it', () => reward(input));
      const wrong = wrongPart(found);
      if (wrong !== undefined) throw blame.wrong('it', wrong, 'a number, or {reward, parts} with numbers');
      return found as number | PartialReward;
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error;
      return { reward: Number.NaN, why: error.message.replace(/\.$/, '') };
    }
  };
}

/** What is wrong with the result of one of several; NaN says that it cannot tell. */
function wrongPart(found: unknown): string | undefined {
  const { reward, parts = {} } = (typeof found === 'number' ? { reward: found } : (found ?? {})) as {
    reward?: unknown;
    parts?: Record<string, unknown> | null;
  };
  if (typeof reward !== 'number' || typeof parts !== 'object' || parts === null)
    return typeof found === 'object' && found !== null ? shown(found) : aKind(found);
  if (reward === Number.POSITIVE_INFINITY || reward === Number.NEGATIVE_INFINITY)
    return `a reward of ${reward}`;
  const odd = Object.entries(parts).find(([, value]) => !Number.isFinite(value));
  return odd && `parts.${odd[0]} ${shown(odd[1])}`;
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
