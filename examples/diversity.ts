import type { RewardPartFunction } from '@cppo/trainer';

/**
 * How unlike the group's other completions one is: 1 − the mean share of words that it has in common with them (Jaccard
 * index). A group of copies gets 0.
 */
export default function diversity(): RewardPartFunction {
  return ({ group = [], index = 0 }) => {
    const words = group.map((text) => new Set(text.toLowerCase().split(/\s+/)));
    const own = words[index] ?? new Set();
    const others = words.filter((_, i) => i !== index);
    if (others.length === 0) return 0;
    const likeness = others.map((other) => {
      const common = [...own].filter((word) => other.has(word)).length;
      return common / (own.size + other.size - common);
    });
    return 1 - likeness.reduce((sum, each) => sum + each, 0) / others.length;
  };
}
