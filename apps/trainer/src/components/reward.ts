import {
  combineRewards,
  createJudge,
  createReward,
  lengthPenalty,
  mathEqual,
  overlongPenalty,
  type RewardFunction,
  repetitionPenalty,
} from '@cppo/reward';
import { z } from 'zod';
import type { Config } from '../config/schema.js';
import { type ComponentKind, component, optionsOf, without } from './component.js';

/** The reward of a run: its function, plus the penalties that have a weight, then (r − shift) · scale. */
export async function rewardOf({ reward, rollout }: Config): Promise<RewardFunction> {
  const { accuracyWeight, formatWeight, overlong, repetition, length, shift, scale } = reward;
  const kind: ComponentKind<RewardFunction> = {
    expected: 'a function ({completion, answer, …}) that gives {reward, parts: {accuracy, format}}',
    accepts: (value) => typeof value === 'function',
    builtIn: {
      boxed: without(createReward({ accuracyWeight, formatWeight })),
      judge: (options, key) =>
        createReward({ accuracyWeight, formatWeight, equal: equalOrJudged(key, options) }),
    },
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

const judgeSchema = z.strictObject({
  baseUrl: z.url(),
  model: z.string().min(1),
  /** Milliseconds. */
  timeout: z.int().positive().optional(),
  retries: z.int().min(0).optional(),
});

/** Answers that are not equal by calculation are shown to a language model; its key is OPENAI_API_KEY. */
function equalOrJudged(key: string, options: Readonly<Record<string, unknown>>) {
  const { baseUrl, model, timeout, retries } = optionsOf(key, judgeSchema, options);
  const judge = createJudge({
    baseUrl,
    model,
    ...(timeout !== undefined && { timeout }),
    ...(retries !== undefined && { retries }),
    ...(process.env.OPENAI_API_KEY && { apiKey: process.env.OPENAI_API_KEY }),
  });
  return async (answer: string, reference: string, question?: string) => {
    const verdict = await mathEqual(answer, reference);
    return verdict.equal ? verdict : judge(answer, reference, question);
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
