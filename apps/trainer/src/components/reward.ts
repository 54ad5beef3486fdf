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
import {
  type BuiltIn,
  type ComponentKind,
  type ComponentSpec,
  checkedReward,
  component,
  optionsOf,
  without,
} from '@cppo/training';
import { z } from 'zod';

interface Weights {
  readonly accuracyWeight: number;
  readonly formatWeight: number;
}

/** Reward functions that a configuration can name. */
export const rewards = (weights: Weights): BuiltIn<RewardFunction> => ({
  boxed: without(createReward({ ...weights })),
  judge: (options, key) => createReward({ ...weights, equal: equalOrJudged(key, options) }),
});

/** What a configuration says of rewards. */
export interface RewardSettings extends Weights {
  readonly function: ComponentSpec;
  readonly overlong: { readonly weight: number; readonly buffer: number };
  readonly repetition: { readonly weight: number; readonly size: number };
  readonly length: { readonly weight: number };
  readonly shift: number;
  readonly scale: number;
}

/**
 * The reward of a run: its function, plus the penalties that have a weight, then (r − shift) · scale.
 *
 * @param limit of a completion, tokens.
 */
export async function rewardOf(reward: RewardSettings, limit: number): Promise<RewardFunction> {
  const { accuracyWeight, formatWeight, overlong, repetition, length, shift, scale } = reward;
  const kind: ComponentKind<RewardFunction> = {
    expected: 'a function ({completion, answer, …}) that gives {reward, parts: {accuracy, format}}',
    accepts: (value) => typeof value === 'function',
    watch: checkedReward,
    builtIn: rewards({ accuracyWeight, formatWeight }),
  };
  const base = await component('reward.function', reward.function, kind);
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
