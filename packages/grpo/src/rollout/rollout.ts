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
 * Samples completions of some prompts: the groups that everything else works on. It is a sampler of the training loop too:
 * what a request of the loop holds besides (`microBatch`, `step`, `steps`) is for other samplers.
 *
 * @throws RangeError when a number is missing, or for an option that there is not.
 */
export async function rollout<P>(options: RolloutOptions<P>): Promise<Group<P>[]> {
  requireNames<object>('rollout', options, { ...rolloutNames, microBatch: true, step: true, steps: true });
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
