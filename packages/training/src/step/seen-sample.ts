import type { Sample } from '@cppo/dataset/prompts';
import type { RewardedSample } from '@cppo/grpo';

/**
 * What a reward function sees of a sample.
 *
 * @param sample as its data set reads it.
 * @returns id, question, answer, pictures, and the row's own columns where there are some.
 */
export function seenSample(sample: Sample): RewardedSample {
  const { id, question, answer, images, source, metadata } = sample;
  return {
    ...{ id, question, answer, images },
    ...(source !== undefined && { source }),
    ...(metadata !== undefined && { metadata }),
  };
}
