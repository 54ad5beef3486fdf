import type { RewardedGroup, StepReport } from '@cppo/grpo';
import type { GroupRecord, StepMetrics } from '@cppo/run';
import type { Encoded } from '../contract/policy.js';
import { rolloutFigures } from './figures.js';
import { samplerFigures } from './from-elsewhere.js';
import type { PhaseClock } from './phase-clock.js';
import type { RolledOut } from './rollouts.js';

export interface StepResult {
  readonly metrics: StepMetrics;
  readonly records: readonly GroupRecord[];
  /** Why no update was made though one was due: something is not finite, or no completion was judged. */
  readonly broken?: string;
  /** One sentence each: samples left out, completions that were not judged. */
  readonly warnings: readonly string[];
}

/** Why a step must not update; nothing when it may. */
export function reasonAgainstUpdate<P extends Encoded>({
  groups,
  drawn,
  broken,
}: RolledOut<P>): string | undefined {
  return broken?.reason ?? notFiniteCompletion(groups) ?? nothingJudged(drawn);
}

/** The figures of a step, and what there is to say of it. */
export function summarizeStep<P extends Encoded>(
  step: number,
  { drawn, leftOut, broken: unsampled }: RolledOut<P>,
  updated: StepReport,
  clock: PhaseClock,
): Omit<StepResult, 'records'> {
  const tokens = drawn.reduce(
    (sum, { completions }) => sum + completions.reduce((n, c) => n + c.tokens.length, 0),
    0,
  );
  // Without a group that teaches something there is no update either, and nothing is wrong.
  const broken = updated.metrics['groups/scored'] === 0 ? undefined : updated.skipped;
  return {
    metrics: {
      step,
      // Means of nothing would look like rewards.
      ...(unsampled === undefined ? rolloutFigures(drawn) : {}),
      ...samplerFigures(
        step,
        drawn.flatMap(({ completions }) => completions),
      ),
      'groups/drawn': drawn.length,
      ...updated.metrics,
      'samples/leftOut': leftOut.length,
      'gradient/skipped': updated.skipped === undefined ? 0 : 1,
      'gradient/broken': broken === undefined ? 0 : 1,
      'tokens/second': tokens / clock.total(),
      ...clock.metrics(),
    },
    ...(broken === undefined ? {} : { broken }),
    warnings: [
      ...leftOut.map((reason) => `left out ${reason}`),
      ...(nothingJudged(drawn) === undefined ? unjudged(drawn) : []),
      ...(broken === undefined ? [] : [`no update: ${broken}`]),
    ],
  };
}

/** What is wrong when a sampled token's log-probability is not a number: the weights are past training on. */
function notFiniteCompletion(groups: readonly RewardedGroup<unknown>[]): string | undefined {
  for (const { id, completions } of groups) {
    for (const { logProbs } of completions) {
      const value = logProbs.find((each) => !Number.isFinite(each));
      if (value !== undefined) return `the log-probability of a token sampled for ${id} is ${value}`;
    }
  }
  return undefined;
}

/** Why a step has nothing to learn from when not one of its completions could be judged. */
function nothingJudged(drawn: readonly RewardedGroup<unknown>[]): string | undefined {
  const rewards = drawn.flatMap(({ results = [] }) => results);
  const [first] = rewards;
  if (first === undefined || !rewards.every(({ reward }) => Number.isNaN(reward))) return undefined;
  return `none of ${rewards.length} completions was judged: ${first.why ?? 'the reward is NaN'}`;
}

/** How many completions were not judged, and why the first was not. */
function unjudged(drawn: readonly RewardedGroup<unknown>[]): string[] {
  const rewards = drawn.flatMap(({ results = [] }) => results);
  const without = rewards.filter(({ reward }) => Number.isNaN(reward));
  const [first] = without;
  if (first === undefined) return [];
  return [
    `${without.length} of ${rewards.length} completions were not judged: ${first.why ?? 'the reward is not a number'}`,
  ];
}
