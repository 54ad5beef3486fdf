import { requireNames } from '@cppo/checked-options';
import type { RewardedGroup } from '../loss-term.js';
import type { Group } from '../policy.js';
import type { RewardFunction, RewardResult } from '../reward-function.js';
import { type AdvantageOptions, groupAdvantages } from './advantages.js';

export interface RewardGroupsOptions<P> {
  readonly groups: readonly Group<P>[];
  readonly reward: RewardFunction;
  /** What a group's completions are answers to. */
  readonly sample: (group: Group<P>) => { readonly answer: string; readonly question?: string };
  /** The length limit of sampling, handed to the reward function. */
  readonly maxTokens?: number;
  /** Completions whose reward function throws or takes longer are not judged. Default no limit. */
  readonly timeoutSeconds?: number;
  readonly advantages?: AdvantageOptions;
}

/**
 * Rewards all completions of some groups, at the same time, and works out their advantages.
 *
 * A reward function that throws or does not answer in time costs its completion, not the run: the reward is NaN, and
 * such a completion teaches nothing and counts in no mean. (A function that never yields cannot be interrupted; run it
 * in a worker.)
 */
export async function rewardGroups<P>(options: RewardGroupsOptions<P>): Promise<RewardedGroup<P>[]> {
  requireNames('rewardGroups', options, {
    groups: true,
    reward: true,
    sample: true,
    maxTokens: true,
    timeoutSeconds: true,
    advantages: true,
  });
  const { groups, reward, sample, maxTokens, timeoutSeconds } = options;
  const results = await Promise.all(
    groups.map((group) => {
      const { answer, question } = sample(group);
      return Promise.all(
        group.completions.map((completion) =>
          judge(
            () =>
              reward({
                completion: completion.text,
                answer,
                ...(question !== undefined && { question }),
                truncated: completion.truncated,
                tokens: completion.tokens.length,
                ...(maxTokens !== undefined && { maxTokens }),
              }),
            timeoutSeconds,
          ),
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

async function judge(
  verdict: () => RewardResult | Promise<RewardResult>,
  timeoutSeconds: number | undefined,
): Promise<RewardResult> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const judged = Promise.resolve(verdict());
    if (timeoutSeconds === undefined) return await judged;
    const late = new Promise<RewardResult>((resolve) => {
      timer = setTimeout(
        () => resolve(unjudged(`no verdict within ${timeoutSeconds} s`)),
        timeoutSeconds * 1000,
      );
    });
    return await Promise.race([judged, late]);
  } catch (error) {
    return unjudged(`the reward function threw: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

function unjudged(why: string): RewardResult {
  return { reward: Number.NaN, parts: { accuracy: 0, format: 0 }, why };
}
