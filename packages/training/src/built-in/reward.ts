import { basename, extname } from 'node:path';
import {
  combineRewards,
  createJudge,
  createReward,
  createVisionSr1Reward,
  lengthPenalty,
  mathEqual,
  overlongPenalty,
  type RewardFunction,
  type RewardPartFunction,
  repetitionPenalty,
  type WeightedReward,
  weightedRewards,
} from '@cppo/reward';
import { UserError } from '@cppo/run';
import { z } from 'zod';
import { checkedReward, checkedRewardPart } from '../checked/checked-reward.js';
import { type BuiltIn, type ComponentKind, component, optionsOf, without } from '../components/component.js';
import { type ComponentSpec, readSpec } from '../components/spec.js';

/** What the parts of a reward count for. */
export interface RewardWeights {
  readonly accuracyWeight: number;
  readonly formatWeight: number;
}

/**
 * Reward functions that a configuration can name.
 *
 * @param weights of accuracy and format.
 * @returns the table of their names.
 */
export const rewards = (weights: RewardWeights): BuiltIn<RewardFunction> => ({
  boxed: without(createReward({ ...weights })),
  judge: (options, key) => createReward({ ...weights, equal: equalOrJudged(key, options) }),
  'vision-sr1': (options, key) =>
    createVisionSr1Reward({ ...weights, ...optionsOf(key, visionSr1Options, options) }),
});

/** What a configuration says of rewards. */
export interface RewardSettings extends RewardWeights {
  readonly function: ComponentSpec;
  /** Several in its place. */
  readonly functions?: readonly ComponentSpec[] | undefined;
  readonly overlong: { readonly weight: number; readonly buffer: number };
  readonly repetition: { readonly weight: number; readonly size: number };
  readonly length: { readonly weight: number };
  readonly shift: number;
  readonly scale: number;
}

/**
 * The reward of a run: its function, plus the penalties that have a weight, then (r − shift) · scale.
 *
 * @param reward of the configuration.
 * @param limit of a completion, tokens.
 * @returns the reward function.
 * @throws UserError when a function cannot be made.
 */
export async function rewardOf(reward: RewardSettings, limit: number): Promise<RewardFunction> {
  const { accuracyWeight, formatWeight, overlong, repetition, length, shift, scale } = reward;
  const weights = { accuracyWeight, formatWeight };
  const base =
    reward.functions === undefined
      ? await component('reward.function', reward.function, wholeReward(weights))
      : await severalRewards(reward.functions, weights);
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

function wholeReward(weights: RewardWeights): ComponentKind<RewardFunction> {
  return {
    expected: 'a function ({completion, answer, …}) that gives {reward, parts: {accuracy, format}}',
    accepts: (value) => typeof value === 'function',
    watch: checkedReward,
    builtIn: rewards(weights),
  };
}

function rewardPart(weights: RewardWeights): ComponentKind<RewardPartFunction> {
  return {
    expected: 'a function ({completion, answer, …}) that gives a number, or {reward, parts}',
    accepts: (value) => typeof value === 'function',
    watch: checkedRewardPart,
    builtIn: rewards(weights),
  };
}

/** Several functions, each under the name of the built-in one or of its file; a name that comes again is numbered. */
async function severalRewards(
  specs: readonly ComponentSpec[],
  weights: RewardWeights,
): Promise<RewardFunction> {
  const kind = rewardPart(weights);
  const names = new Map<string, number>();
  const functions: WeightedReward[] = [];
  for (const [i, spec] of specs.entries()) {
    const key = `reward.functions.${i}`;
    const { weight, component: inner } = weighted(spec);
    if (typeof weight !== 'number' || !Number.isFinite(weight)) {
      throw new UserError(`${key}.weight: found ${JSON.stringify(weight)}, expected a number.`);
    }
    const own = nameOf(spec);
    const count = (names.get(own) ?? 0) + 1;
    names.set(own, count);
    const reward = await component(key, inner, kind);
    functions.push({ name: count === 1 ? own : `${own}-${count}`, reward, weight });
  }
  try {
    return weightedRewards(functions);
  } catch (error) {
    throw new UserError(`reward.functions: ${(error as Error).message}`);
  }
}

function weighted(spec: ComponentSpec): { readonly weight: unknown; readonly component: ComponentSpec } {
  if (typeof spec === 'string') return { weight: 1, component: spec };
  const { weight = 1, ...component } = spec;
  return { weight, component: component as ComponentSpec };
}

/** A module is called by its file's name. */
function nameOf(spec: ComponentSpec): string {
  const { name, module } = readSpec(spec);
  return name ?? basename(module, extname(module));
}

const visionSr1Options = z.strictObject({ descriptionWeight: z.number().default(1) });

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
