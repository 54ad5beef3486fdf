import type { PerceivedTokens } from '@cppo/cppo';
import type { RewardedGroup, StepReport } from '@cppo/grpo';
import type { GroupRecord, StepMetrics } from '@cppo/run';
import { notFiniteReason } from '../not-finite-reason.js';
import { rolloutFigures } from './figures.js';
import { PhaseClock } from './phase-clock.js';
import { recordGroup, recordUnanswered } from './record.js';
import { type JudgedPrompt, rollOut } from './roll-out.js';
import type { Session } from './session.js';
import { update } from './update.js';

export interface StepResult {
  readonly metrics: StepMetrics;
  readonly records: readonly GroupRecord[];
  /** Why no update was made though one was due: something is not finite, or no completion was judged. */
  readonly broken?: string;
  /** One sentence each: samples left out, completions that were not judged. */
  readonly warnings: readonly string[];
}

/**
 * One step of the method, in its order: samples → completions → rewards → advantages → views → gradients → update.
 *
 * @param step counts from 1. All that is drawn is a function of the run's seed and the step.
 * @param check called between phases; throws when the run was asked to stop.
 *   Neither is looked at from the first update on: a step is done as a whole or not at all.
 * @param signal lets the sampling stop by itself when the run was asked to stop.
 * @throws NotFiniteError when the policy cannot be sampled from in step 1; in later steps, and of scoring, the result says it.
 */
export async function runStep(
  session: Session,
  step: number,
  check: () => Promise<void>,
  signal?: AbortSignal,
): Promise<StepResult> {
  const { policy } = session;
  const clock = new PhaseClock();

  const { rollouts, drawn, leftOut, broken: unsampled } = await rollOut(session, step, clock, check, signal);
  await check();

  const groups = rollouts.map(({ group }) => group);
  const perceived = new Map<string, PerceivedTokens>();
  const unjudgedStep = nothingJudged(drawn);
  const unusable = unsampled?.reason ?? notFiniteCompletion(groups) ?? unjudgedStep;
  const updated: StepReport =
    unusable === undefined
      ? await update(session, step, groups, (group, completion, tokens) => {
          perceived.set(`${group}/${completion}`, tokens);
        }).catch(skippedByError)
      : { skipped: unusable, metrics: {} };
  clock.pass(); // the step itself says how long its phases took

  // Pictures of one group a step: enough to look at, little to keep.
  const shown = rollouts.findIndex(({ views }) => views !== undefined);
  const judged = await Promise.all(
    rollouts.map(({ prompt, group, rewards, views }, i) =>
      recordGroup(
        step,
        policy,
        prompt,
        group,
        rewards,
        (completion) => perceived.get(`${group.id}/${completion}`),
        i === shown ? views : undefined,
      ),
    ),
  );
  const asked = await Promise.all(
    Array.from(unsampled?.prompts ?? [], ([id, prompt]) => recordUnanswered(step, policy, id, prompt)),
  );
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
      ...(unsampled === undefined
        ? rolloutFigures(
            drawn,
            drawn.map(({ group }) => group),
          )
        : {}),
      'groups/drawn': drawn.length,
      ...updated.metrics,
      'samples/leftOut': leftOut.length,
      'gradient/skipped': updated.skipped === undefined ? 0 : 1,
      'gradient/broken': broken === undefined ? 0 : 1,
      'tokens/second': tokens / clock.total(),
      ...clock.metrics(),
    },
    records: [...judged, ...asked],
    ...(broken === undefined ? {} : { broken }),
    warnings: [
      ...leftOut.map((reason) => `left out ${reason}`),
      ...(unjudgedStep === undefined ? unjudged(drawn) : []),
      ...(broken === undefined ? [] : [`no update: ${broken}`]),
    ],
  };
}

/** The report of an update that the policy or a term gave up because a value is not finite. */
function skippedByError(error: unknown): StepReport {
  const skipped = notFiniteReason(error);
  if (skipped === undefined) throw error;
  return { skipped, metrics: {} };
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
function nothingJudged(drawn: readonly JudgedPrompt[]): string | undefined {
  const rewards = drawn.flatMap((each) => each.rewards);
  if (rewards.length === 0 || !rewards.every(({ reward }) => Number.isNaN(reward))) return undefined;
  return `none of ${rewards.length} completions was judged: ${rewards[0]!.why ?? 'the reward is NaN'}`;
}

/** How many completions were not judged, and why the first was not. */
function unjudged(drawn: readonly JudgedPrompt[]): string[] {
  const rewards = drawn.flatMap((each) => each.rewards);
  const without = rewards.filter(({ reward }) => Number.isNaN(reward));
  if (without.length === 0) return [];
  return [
    `${without.length} of ${rewards.length} completions were not judged: ${without[0]!.why ?? 'the reward is not a number'}`,
  ];
}
