import type { Sample } from '@cppo/dataset/prompts';
import type { RewardedSample } from '@cppo/grpo';

/** What a reward function sees of a sample. */
export function seenSample({ id, question, answer, images, source, metadata }: Sample): RewardedSample {
  return {
    ...{ id, question, answer, images },
    ...(source !== undefined && { source }),
    ...(metadata !== undefined && { metadata }),
  };
}
