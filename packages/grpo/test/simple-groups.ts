import type { Completion, Group, RewardedGroup } from '../src/index.js';

export function completionOf(text: string, tokens = text.length): Completion {
  return { tokens: new Int32Array(tokens), logProbs: new Float32Array(tokens), text, truncated: false };
}

export function groupOf(id: string, ...texts: string[]): Group<null> {
  return { id, prompt: null, completions: texts.map((text) => completionOf(text)) };
}

export function judgedGroup(id: string, rewards: number[], accuracies: number[]): RewardedGroup<null> {
  return {
    ...groupOf(id, ...rewards.map(String)),
    rewards: Float32Array.from(rewards),
    accuracies: Float32Array.from(accuracies),
    advantages: new Float32Array(rewards.length),
  };
}
