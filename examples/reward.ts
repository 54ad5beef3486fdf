import type { RewardFunction } from '@cppo/trainer';

/** Right when the answer stands anywhere in the completion; shorter ones get a little more. */
export default function contains({ brevity = 0.1 }: { brevity?: number }): RewardFunction {
  return ({ completion, answer, tokens = 0, maxTokens = 1 }) => {
    const accuracy = completion.includes(answer) ? 1 : 0;
    const short = 1 - tokens / maxTokens;
    return { reward: accuracy + brevity * short, parts: { accuracy, format: 1, short } };
  };
}
