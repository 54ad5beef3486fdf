import { describeValue, parseOptions } from '@cppo/checked-options';
import { z } from 'zod';

export interface AdvantageOptions {
  /**
   * What is subtracted. `mean`: the group's mean (GRPO). `leave-one-out`: the mean of the group's other completions
   * (RLOO). `batch`: the mean of the whole batch (REINFORCE++). `none`: nothing. Default `mean`.
   */
  readonly baseline?: 'mean' | 'leave-one-out' | 'batch' | 'none';
  /**
   * What the difference is divided by, plus epsilon. `group`: the deviation of the group's rewards. `batch`: that of
   * all rewards of the batch. `whiten`: the differences of the whole batch are brought to mean 0 and deviation 1.
   * `none`: nothing (Dr. GRPO). Default `group`.
   */
  readonly scale?: 'group' | 'batch' | 'whiten' | 'none';
  /** Deviation with N − 1 (verl, TRL) or, when false, with N. Default true. */
  readonly unbiased?: boolean;
  /** Default 1e-6 (verl); TRL takes 1e-4. */
  readonly epsilon?: number;
}

/** Published estimators. */
export const advantagePresets = {
  /** DeepSeekMath (arXiv:2402.03300), as verl computes it. */
  grpo: { baseline: 'mean', scale: 'group' },
  /** Dr. GRPO (arXiv:2503.20783): no division, which favours neither easy nor hard prompts. */
  dr_grpo: { baseline: 'mean', scale: 'none' },
  /** RLOO (arXiv:2402.14740). */
  rloo: { baseline: 'leave-one-out', scale: 'none' },
  /** REINFORCE++ (arXiv:2501.03262). */
  reinforce_plus_plus: { baseline: 'batch', scale: 'batch' },
  /** The variant of REINFORCE++ for several completions a prompt. */
  reinforce_plus_plus_baseline: { baseline: 'mean', scale: 'whiten' },
} as const satisfies Record<string, AdvantageOptions>;

const schema = z.strictObject({
  baseline: z.enum(['mean', 'leave-one-out', 'batch', 'none']).default(advantagePresets.grpo.baseline),
  scale: z.enum(['group', 'batch', 'whiten', 'none']).default(advantagePresets.grpo.scale),
  unbiased: z.boolean().default(true),
  epsilon: z.number().min(0).default(1e-6),
});

/**
 * Computes the advantages of completions within their groups (GRPO, arXiv:2402.03300, eq. 3).
 *
 *   A_i = (r_i − mean(r)) / (std(r) + ε),   mean and std over the group's G rewards, std unbiased
 *
 * A group of one completion has mean 0 and deviation 1, so A = r. A group whose rewards are all equal has A =
 * 0 exactly under a baseline of its own (rounding would otherwise leave some A > 0, and gates test that
 * sign). A reward of NaN marks a completion that could not be judged: it is excluded from every mean and has
 * A = 0, as does the only judged completion of several.
 *
 * @param rewards one row of rewards per group; groups may differ in size.
 * @param options baseline and scale, for example one of `advantagePresets`; GRPO by default.
 * @returns one row of advantages per group, computed in float64.
 * @throws RangeError when a reward is infinite or not a number, or an option is unknown or out of range.
 * @example
 * groupAdvantages([[1, 0, 0, 1], [1, 1]]); // [[0.866, -0.866, -0.866, 0.866], [0, 0]]
 * groupAdvantages([[1, 0, 0, 1]], advantagePresets.dr_grpo); // [[0.5, -0.5, -0.5, 0.5]]
 */
export function groupAdvantages(
  rewards: readonly ArrayLike<number>[],
  options: AdvantageOptions = {},
): Float32Array[] {
  const { baseline, scale, unbiased, epsilon } = parseOptions('groupAdvantages', schema, options);
  requireRows(rewards);

  const groups = rewards.map((row, index) => judged(row, index));
  const batch = groups.flat();
  const batchMean = mean(batch);
  const batchDeviation = deviation(batch, unbiased);

  const centred = groups.map((group, index) => {
    const alone = rewards[index]!.length < 2;
    const own = baseline === 'mean' || baseline === 'leave-one-out';
    const total = group.reduce((sum, r) => sum + r, 0);
    return (reward: number): number => {
      if (own && alone) return reward;
      if (own && isConstant(group)) return 0;
      if (baseline === 'mean') return reward - mean(group);
      if (baseline === 'leave-one-out') return reward - (total - reward) / (group.length - 1);
      return baseline === 'batch' ? reward - batchMean : reward;
    };
  });
  const differences = groups.flatMap((group, index) => group.map(centred[index]!));
  const differenceMean = mean(differences);
  const differenceDeviation = deviation(differences, unbiased);

  return rewards.map((row, index) => {
    const group = groups[index]!;
    const groupDeviation = deviation(group, unbiased);
    return Float32Array.from(row, (reward) => {
      if (Number.isNaN(reward)) return 0;
      const difference = centred[index]!(reward);
      if (scale === 'none') return difference;
      if (scale === 'group') return group.length < 2 ? difference : difference / (groupDeviation + epsilon);
      if (scale === 'batch') return batch.length < 2 ? difference : difference / (batchDeviation + epsilon);
      return (difference - differenceMean) / (differenceDeviation + epsilon);
    });
  });
}

function requireRows(rewards: readonly ArrayLike<number>[]): void {
  const isRow = (row: unknown) => Array.isArray(row) || ArrayBuffer.isView(row);
  if (!Array.isArray(rewards)) {
    throw new RangeError(
      `groupAdvantages: rewards are ${describeValue(rewards)}; expected a list with one list of rewards per group.`,
    );
  }
  const wrong = rewards.findIndex((row: unknown) => !isRow(row));
  if (wrong >= 0) {
    throw new RangeError(
      `groupAdvantages: rewards[${wrong}] is ${describeValue(rewards[wrong])}; expected a list with one list of rewards per ` +
        'group, such as [[1, 0, 1]] for one group.',
    );
  }
  rewards.forEach((row, group) => {
    const bad = Array.from(row).findIndex((reward: unknown) => typeof reward !== 'number');
    if (bad < 0) return;
    throw new RangeError(
      `groupAdvantages: rewards[${group}][${bad}] is ${describeValue(row[bad])}; expected a number (NaN where it could not be judged).`,
    );
  });
}

function judged(row: ArrayLike<number>, index: number): number[] {
  const infinite = Array.from(row).find((reward) => Math.abs(reward) === Number.POSITIVE_INFINITY);
  if (infinite !== undefined) {
    throw new RangeError(
      `groupAdvantages: group ${index} has a reward of ${infinite}; expected finite numbers.`,
    );
  }
  return Array.from(row).filter((reward) => !Number.isNaN(reward));
}

function isConstant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}

function deviation(values: readonly number[], unbiased: boolean): number {
  if (isConstant(values)) return 0;
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / (unbiased ? values.length - 1 : values.length));
}
