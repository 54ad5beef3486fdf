import { describeValue, type Names, requireNames } from '@cppo/checked-options';
import type { Group, Policy } from '../policy.js';

/** A prompt to be answered. */
export interface RolloutPrompt<P> {
  readonly id: string;
  readonly prompt: P;
  readonly views?: Readonly<Record<string, P>>;
}

export interface RolloutOptions<P> {
  readonly policy: Pick<Policy<P>, 'generate'>;
  readonly prompts: readonly RolloutPrompt<P>[];
  /** G, completions per prompt. */
  readonly completions: number;
  readonly maxTokens: number;
  /** Default 1. */
  readonly temperature?: number;
  readonly seed: number;
}

/** The options of `rollout`. */
export const rolloutNames = {
  policy: true,
  prompts: true,
  completions: true,
  maxTokens: true,
  temperature: true,
  seed: true,
} as const satisfies Names<RolloutOptions<unknown>>;

/**
 * Samples G completions of each prompt. Takes and ignores `microBatch`, `step`, `steps` and `signal`, so
 * that a sampler's request can be passed on.
 *
 * @param options the policy, the prompts and the sampling settings.
 * @returns one group per prompt, in order, with its id, prompt and views.
 * @throws RangeError for an unknown option, or when `completions`, `maxTokens` or `seed` is not a number.
 * @example
 * const answer = { tokens: [1], logProbs: [-0.1], text: 'yes', truncated: false };
 * const generate = async (prompts, { completions }) => prompts.map(() => Array(completions).fill(answer));
 * const policy = { generate };
 * const prompts = [{ id: 'a', prompt: 'is it red?' }];
 * const [group] = await rollout({ policy, prompts, completions: 2, maxTokens: 1, seed: 0 });
 * group.completions.map(({ text }) => text); // ['yes', 'yes']
 */
export async function rollout<P>(options: RolloutOptions<P>): Promise<Group<P>[]> {
  requireNames<object>('rollout', options, {
    ...rolloutNames,
    microBatch: true,
    step: true,
    steps: true,
    signal: true,
  });
  const { policy, prompts, completions, maxTokens, temperature = 1, seed } = options;
  for (const [name, value] of Object.entries({ completions, maxTokens, seed })) {
    if (typeof value !== 'number') {
      throw new RangeError(`rollout: ${name} is ${describeValue(value)}; expected a number.`);
    }
  }
  const sampled = await policy.generate(
    prompts.map(({ prompt }) => prompt),
    { completions, maxTokens, temperature, seed },
  );
  return prompts.map((prompt, index) => ({ ...prompt, completions: sampled[index]! }));
}
