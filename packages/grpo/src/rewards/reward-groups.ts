import { requireNames } from '@cppo/checked-options';
import type { RewardedGroup } from '../loss-term.js';
import type { Group } from '../policy.js';
import type { RewardFunction, RewardInput, RewardResult } from '../reward-function.js';
import { type AdvantageOptions, groupAdvantages } from './advantages.js';
import { inTime, LateVerdictError } from './in-time.js';

/** What a reward function is told of the sample that a group answers. */
export type RewardedSample = Pick<
  RewardInput,
  'id' | 'answer' | 'question' | 'source' | 'metadata' | 'images'
>;

export interface RewardGroupsOptions<P> {
  readonly groups: readonly Group<P>[];
  readonly reward: RewardFunction;
  /** What a group's completions are answers to. */
  readonly sample: (group: Group<P>) => RewardedSample;
  /** The length limit of sampling, handed to the reward function. */
  readonly maxTokens?: number;
  /** Completions whose reward function throws or takes longer are not judged. Default no limit. */
  readonly timeoutSeconds?: number;
  readonly advantages?: AdvantageOptions;
  /** Asks the policy without a picture, for reward functions that do. */
  readonly ask?: NonNullable<RewardInput['ask']>;
}

/**
 * Rewards all completions of the given groups concurrently, and computes their advantages.
 *
 * A reward function that throws or exceeds `timeoutSeconds` costs its completion, not the run: its reward is
 * NaN, its advantage 0, and no mean includes it. A function that never yields cannot be interrupted: run it
 * in a worker.
 *
 * @param options the groups, the reward function and the reference answer of each group.
 * @returns the groups with rewards, accuracies and advantages, each [G].
 * @throws RangeError when an option is unknown; RangeError when a reward is infinite.
 * @example
 * const completions = ['4', '5'].map((text) => ({ text, tokens: [7], truncated: false }));
 * const reward = ({ completion, answer }) => {
 *   const accuracy = completion === answer ? 1 : 0;
 *   return { reward: accuracy, parts: { accuracy, format: 1 } };
 * };
 * const groups = [{ id: 'two plus two', completions }];
 * const [group] = await rewardGroups({ groups, reward, sample: () => ({ answer: '4' }) });
 * group.rewards; // [1, 0]
 * group.advantages; // [0.7071, -0.7071]
 */
export async function rewardGroups<P>(options: RewardGroupsOptions<P>): Promise<RewardedGroup<P>[]> {
  requireNames('rewardGroups', options, {
    groups: true,
    reward: true,
    sample: true,
    maxTokens: true,
    timeoutSeconds: true,
    advantages: true,
    ask: true,
  });
  const { groups, reward, sample, maxTokens, timeoutSeconds, ask } = options;
  const timed = inTime(reward, timeoutSeconds);
  const results = await Promise.all(
    groups.map((group) => {
      const { id, answer, question, source, metadata, images } = sample(group);
      const texts = group.completions.map(({ text }) => text);
      return Promise.all(
        group.completions.map((completion, index) =>
          judge(timed, {
            completion: completion.text,
            answer,
            ...(id !== undefined && { id }),
            ...(question !== undefined && { question }),
            ...(source !== undefined && { source }),
            ...(metadata !== undefined && { metadata }),
            ...(images !== undefined && { images }),
            group: texts,
            index,
            ...(ask !== undefined && { ask }),
            truncated: completion.truncated,
            tokens: completion.tokens.length,
            ...(maxTokens !== undefined && { maxTokens }),
          }),
        ),
      );
    }),
  );
  const advantages = groupAdvantages(
    results.map((row) => row.map((result) => result.reward)),
    options.advantages,
  );
  return groups.map((group, index) => ({
    ...group,
    results: results[index]!,
    rewards: Float32Array.from(results[index]!, (result) => result.reward),
    accuracies: Float32Array.from(results[index]!, (result) => result.parts.accuracy),
    advantages: advantages[index]!,
  }));
}

/** The verdict on one completion; NaN where there is none. */
async function judge(reward: RewardFunction, input: RewardInput): Promise<RewardResult> {
  try {
    return await reward(input);
  } catch (error) {
    if (error instanceof LateVerdictError) return unjudged(error.message);
    return unjudged(`the reward function threw: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function unjudged(why: string): RewardResult {
  return { reward: Number.NaN, parts: { accuracy: 0, format: 0 }, why };
}
