import type { PerceivedTokens } from '@cppo/cppo';
import type { Sample } from '@cppo/dataset/prompts';
import {
  alone,
  gatherGroups,
  ownGroups,
  type RewardedGroup,
  rewardGroups,
  type StepReport,
  together,
  trainOnRollouts,
} from '@cppo/grpo';
import type { StepParts } from '../contract/parts.js';
import type { Encoded } from '../contract/policy.js';
import { drawViews } from '../prompts/views.js';
import { combineReports } from './combine-reports.js';
import type { Draw } from './draw.js';
import { scoredByPolicy } from './from-elsewhere.js';
import { given } from './given.js';
import { withKnownTokens } from './known-tokens.js';
import { notFiniteReason, skippedByError } from './not-finite-reason.js';
import {
  advantageOptions,
  carriesPerceptionLoss,
  learningRateAt,
  type OnTokens,
  objectiveTerms,
} from './objective.js';
import { PhaseClock } from './phase-clock.js';
import { Questions } from './questions.js';
import { readPrompts } from './read-prompts.js';
import { recordStep } from './record.js';
import { drawWithRefills } from './refill.js';
import type { JudgedPrompt, RolledOut, Rollout } from './rollouts.js';
import { sampleGroups } from './sample-groups.js';
import type { SampledAhead, SampledPrompts } from './sampled-ahead.js';
import { seenSample } from './seen-sample.js';
import { reasonAgainstUpdate, type StepResult, summarizeStep } from './summary.js';

/**
 * Runs one step of the method, in its order: samples → completions → rewards → advantages → views → gradients
 * → update.
 *
 * All draws are a function of the run's seed and the step. Neither `check` nor `signal` is consulted once the
 * update has begun: a step is done as a whole or not at all. On a cluster every learner runs the step; each
 * samples, judges and scores its own groups, and all know the whole batch.
 *
 * @param parts what a step needs.
 * @param step from 1.
 * @param check called between phases; throws when the run was asked to stop.
 * @param signal interrupts sampling when the run was asked to stop.
 * @param ahead holds what was sampled of this step before its turn, and then what is of the next; without it nothing is.
 * @returns metrics, groups and pictures of the step.
 * @throws NotFiniteError when the policy cannot be sampled from in step 1; later, and for scoring, the result
 *   reports it.
 */
export async function runStep<P extends Encoded>(
  parts: StepParts<P>,
  step: number,
  check: () => Promise<void> = async () => {},
  signal?: AbortSignal,
  ahead?: SampledAhead<P>,
): Promise<StepResult> {
  const clock = new PhaseClock();
  const rolledOut = await rollOut(parts, step, clock, check, signal, ahead);
  await check();

  const perceived = new Map<string, PerceivedTokens>();
  const skipped = reasonAgainstUpdate(rolledOut);
  const report: StepReport =
    skipped === undefined
      ? await update(parts, step, rolledOut.groups, (group, completion, tokens) => {
          perceived.set(`${group}/${completion}`, tokens);
        }).catch(skippedByError)
      : { skipped, metrics: {} };
  clock.pass(); // the update itself says how long its phases took

  const records = await recordStep(step, parts, rolledOut, perceived);
  return { ...summarizeStep(step, rolledOut, report, clock), records };
}

/**
 * Runs the first half of a step: samples → completions → rewards → advantages → views. See `runStep`.
 *
 * @param parts what a step needs.
 * @param step from 1.
 * @param clock measures the phases.
 * @param check called between phases; throws when the run was asked to stop.
 * @param signal interrupts sampling.
 * @param ahead as for `runStep`.
 * @returns rewarded groups with their views.
 */
export async function rollOut<P extends Encoded>(
  parts: StepParts<P>,
  step: number,
  clock: PhaseClock,
  check: () => Promise<void>,
  signal?: AbortSignal,
  ahead?: SampledAhead<P>,
): Promise<RolledOut<P>> {
  const { cluster = alone } = parts;
  const found = { leftOut: [], prompts: new Map(), perturbed: new Map() };
  const draw: Draw<P> = { parts, cluster, step, clock, check, signal, ...found };
  const { leftOut, prompts } = draw;
  const { prompts: wanted, refills = 0 } = parts.config.rollout;
  try {
    return await together(cluster, async () => {
      const { trained, drawn } = await drawWithRefills(
        wanted,
        refills,
        (attempt, missing) => judgeGroups(draw, attempt, missing, ahead),
        advantageOptions(parts.config),
      );
      const judged = (group: RewardedGroup<P>): JudgedPrompt<P> => ({
        prompt: prompts.get(group.id)!,
        completions: group.completions,
        rewards: group.results!,
        group,
        ...given({ perturbed: draw.perturbed.get(group.prompt) }),
      });
      const mine = ownGroups(trained, cluster);
      const rollouts = mine.map((group) => withViews(parts, step, judged(group)));
      // Not by id: a sample that a mixture repeats gives two groups of one id.
      const viewed = new Map(mine.map((group, i) => [group, rollouts[i]?.group]));
      const groups = trained.map((group) => viewed.get(group) ?? group);
      clock.end('views');
      const shown = trained.find((group) => usesViews(parts, step, group))?.id;
      return { rollouts, groups, drawn, ...given({ shown }), leftOut };
    });
  } catch (error) {
    const reason = notFiniteReason(error);
    // Before the first update it is not training that broke the model: it was given so.
    if (reason === undefined || step === 1) throw error;
    clock.end('sampling');
    return { rollouts: [], groups: [], drawn: [], leftOut, broken: { reason, prompts } };
  }
}

/** Samples → completions → rewards → advantages, for the prompts of one attempt. */
async function judgeGroups<P extends Encoded>(
  draw: Draw<P>,
  attempt: number,
  count: number,
  ahead: SampledAhead<P> | undefined,
): Promise<RewardedGroup<P>[]> {
  const { parts, cluster, clock, check } = draw;
  const { rollout, reward = {} } = parts.config;
  const sample = (of: Draw<P>) => samplePrompts(of, attempt, count);
  const before = attempt === 0 ? await ahead?.take(draw) : undefined;
  const { placed, groups: sampled } = before ?? (await sample(draw));
  if (attempt === 0) ahead?.begin(draw, sample);
  const groups = await scoredByPolicy(draw, sampled);
  clock.end('sampling');
  await check();
  const samples = new Map<object, Sample>(groups.map((group, i) => [group, placed[i]!.prompt.sample]));
  const questions = new Questions(parts.policy, rollout, draw.signal);
  const rewarded = await rewardGroups({
    groups,
    reward: parts.reward,
    sample: (group) => seenSample(samples.get(group)!),
    maxTokens: rollout.maxTokens,
    ask: questions.ask,
    ...given({ timeoutSeconds: reward.timeoutSeconds }),
    advantages: advantageOptions(parts.config),
  });
  await questions.settled();
  clock.end('reward');
  const batch = await gatherGroups({
    groups: rewarded,
    cluster,
    places: placed.map(({ place }) => place),
    advantages: advantageOptions(parts.config),
  });
  clock.end('exchange');
  return batch;
}

/** Samples → completions, for the prompts of one attempt. */
async function samplePrompts<P extends Encoded>(
  draw: Draw<P>,
  attempt: number,
  count: number,
): Promise<SampledPrompts<P>> {
  const placed = await readPrompts(draw, attempt, count);
  draw.clock.end('encoding');
  return { placed, groups: await sampleGroups(draw, attempt, placed) };
}

/** Views are drawn only where the objective uses them: CPPO's at those groups that carry its loss. */
function withViews<P extends Encoded>(
  parts: StepParts<P>,
  step: number,
  judged: JudgedPrompt<P>,
): Rollout<P> {
  const { config, policy, components } = parts;
  const { type, cppo } = config.objective;
  if (!usesViews(parts, step, judged.group)) return { ...judged, views: undefined };
  const views = drawViews(policy, judged.prompt, components.views, config.seed, config.redrawViews);
  const group = { ...judged.group, views: views.encoded };
  const knows = type === 'cppo' && cppo?.tokens === 'known';
  return {
    ...judged,
    group: knows ? withKnownTokens(group, judged.prompt.sample, policy.tokenizer) : group,
    views,
  };
}

function usesViews<P extends Encoded>(
  { config, components }: StepParts<P>,
  step: number,
  group: RewardedGroup<P>,
): boolean {
  const { type } = config.objective;
  if (components.terms.some((term) => term.views !== false)) return true;
  return type === 'cppo' ? carriesPerceptionLoss(config, step, group) : type !== 'grpo';
}

/**
 * Runs the second half of a step: one update on its groups, or several for mini-batches or epochs. From the
 * second on, the policy is no longer the one that sampled, which the ratio and its clip account for.
 *
 * @param parts what a step needs.
 * @param step from 1.
 * @param groups rewarded groups with their views; on a cluster those of all learners.
 * @param onTokens called with the perception tokens of each group.
 * @returns the report of the updates.
 */
export async function update<P extends Encoded>(
  parts: StepParts<P>,
  step: number,
  groups: readonly RewardedGroup<P>[],
  onTokens?: OnTokens,
): Promise<StepReport> {
  const { config, policy, optimizer } = parts;
  const { miniBatch, epochs, maxGradientNorm } = config.optimizer;
  const reports = await trainOnRollouts({
    policy,
    groups,
    terms: objectiveTerms(parts, step, onTokens),
    optimizer,
    learningRate: learningRateAt(config, step),
    microBatch: config.microBatch,
    temperature: config.rollout.temperature,
    ...given({ maxGradientNorm, miniBatch, epochs, cluster: parts.cluster }),
  });
  return combineReports(reports);
}
