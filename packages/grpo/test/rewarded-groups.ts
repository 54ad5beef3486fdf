import { groupAdvantages, type RewardedGroup } from '../src/index.js';
import type { ToyPolicy, ToyPrompt } from './toy-policy.js';

/** Groups of two to four completions sampled from a toy policy, some cut off, with rewards 0 and 1 and two views. */
export async function rewardedGroups(
  policy: ToyPolicy,
  count: number,
  seed = 1,
): Promise<RewardedGroup<ToyPrompt>[]> {
  const groups: RewardedGroup<ToyPrompt>[] = [];
  for (let index = 0; index < count; index++) {
    const prompt = [Math.cos(index + 1), Math.sin(2 * index + 1), 0.5];
    const completions = 2 + (index % 3);
    const [sampled] = await policy.generate([prompt], {
      completions,
      maxTokens: 4,
      temperature: 1,
      seed: seed + index,
    });
    // The first two completions always differ in reward, so that every group teaches something.
    const rewards = Float32Array.from(sampled!, (_, i) => (i < 2 ? i : (index + i) % 2));
    groups.push({
      id: `group-${index}`,
      prompt,
      completions: sampled!,
      views: {
        removing: prompt.map((x) => x * 0.2),
        preserving: prompt.map((x) => x * 1.1),
      },
      rewards,
      advantages: groupAdvantages([rewards])[0]!,
      accuracies: rewards,
    });
  }
  return groups;
}
