import type { Sample } from '@cppo/dataset';
import type { Completion, RewardFunction, RewardResult } from '@cppo/grpo';

/** A completion whose reward function threw or hung: it teaches nothing. */
const unjudged = (why: string): RewardResult => ({
  reward: Number.NaN,
  parts: { accuracy: 0, format: 0 },
  why,
});

/** Judges a completion; a reward function that fails or takes too long costs its completion, not the run. */
export async function judge(
  reward: RewardFunction,
  sample: Sample,
  completion: Completion,
  { maxTokens, timeoutSeconds }: { maxTokens: number; timeoutSeconds: number },
): Promise<RewardResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<RewardResult>((resolve) => {
    timer = setTimeout(
      () => resolve(unjudged(`no verdict within ${timeoutSeconds} s`)),
      timeoutSeconds * 1000,
    );
  });
  try {
    const verdict = Promise.resolve(
      reward({
        completion: completion.text,
        answer: sample.answer,
        question: sample.question,
        truncated: completion.truncated,
        tokens: completion.tokens.length,
        maxTokens,
      }),
    );
    return await Promise.race([verdict, late]);
  } catch (error) {
    return unjudged(`the reward function threw: ${(error as Error).message}`);
  } finally {
    clearTimeout(timer);
  }
}
