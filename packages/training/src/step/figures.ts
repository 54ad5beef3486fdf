import type { RewardedGroup } from '@cppo/grpo';

/** What a step's rollouts say of themselves. Lengths in tokens, the rest shares or rewards. */
export function rolloutFigures(groups: readonly RewardedGroup<unknown>[]): Record<string, number> {
  const rewards = groups.flatMap(({ results = [] }) => results);
  const known = rewards.filter(({ reward }) => !Number.isNaN(reward));
  const completions = groups.flatMap((each) => each.completions);
  const parts = Object.fromEntries(
    [...new Set((known.length > 0 ? known : rewards).flatMap(({ parts }) => Object.keys(parts)))].map(
      (part) => [`reward/${part}`, mean(known.map((each) => each.parts[part] ?? 0))],
    ),
  );
  const lengths = completions.map(({ tokens }) => tokens.length);
  return {
    'reward/mean': mean(known.map(({ reward }) => reward)),
    'reward/deviation': deviation(known.map(({ reward }) => reward)),
    ...parts,
    'reward/unjudged': rewards.length - known.length,
    'groups/zeroVariance': mean(groups.map(({ advantages }) => (advantages.every((a) => a === 0) ? 1 : 0))),
    'advantage/spread': deviation(groups.flatMap(({ advantages }) => [...advantages])),
    'completion/length': mean(lengths),
    'completion/truncated': mean(completions.map(({ truncated }) => (truncated ? 1 : 0))),
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
}
