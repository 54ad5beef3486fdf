import { gateGroups } from '@cppo/cppo';
import type { Sample } from '@cppo/dataset';
import {
  type Completion,
  drawInformative,
  type Group,
  groupAdvantages,
  type RewardedGroup,
  type RewardResult,
  rewardGroups,
} from '@cppo/grpo';
import { seededRandom } from '@cppo/perturb';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { UserError } from '@cppo/run';
import { inParts } from '../memory/in-parts.js';
import { notFiniteReason } from '../not-finite-reason.js';
import type { PhaseClock } from './phase-clock.js';
import {
  asAnswers,
  drawViews,
  type Prompt,
  type PromptViews,
  perturbedPrompt,
  preparePrompt,
} from './prompts.js';
import type { Session } from './session.js';

/** A prompt with its rewarded completions. */
export interface JudgedPrompt {
  readonly prompt: Prompt;
  readonly completions: readonly Completion[];
  readonly rewards: readonly RewardResult[];
  readonly group: RewardedGroup<EncodedPrompt>;
}

/** One to train on, with its views where the objective will look at them. */
export interface Rollout extends JudgedPrompt {
  readonly views: PromptViews | undefined;
}

export interface RolledOut {
  readonly rollouts: readonly Rollout[];
  /** All that was sampled; more than the roll-outs when dynamic sampling has dropped some. */
  readonly drawn: readonly JudgedPrompt[];
  /** Why samples of the step were left out: a picture that vanished, say. One sentence each. */
  readonly leftOut: readonly string[];
  /** Present when the policy gave no finite numbers to sample or score by; then nothing was rolled out. */
  readonly broken?: { readonly reason: string; readonly prompts: ReadonlyMap<string, Prompt> };
}

/** What the parts of one roll-out share. */
interface Work {
  readonly session: Session;
  readonly step: number;
  readonly clock: PhaseClock;
  readonly check: () => Promise<void>;
  readonly signal: AbortSignal | undefined;
  readonly leftOut: string[];
  readonly prompts: Map<string, Prompt>;
}

/**
 * The first half of a step: samples → completions → rewards → advantages → views.
 *
 * @param step counts from 1. All that is drawn is a function of the run's seed and the step.
 * @param check called between phases; throws when the run was asked to stop.
 * @param signal lets the sampling stop by itself when the run was asked to stop.
 * @throws whatever the first sample failed with when none of the step's samples can be read; NotFiniteError in step 1.
 */
export async function rollOut(
  session: Session,
  step: number,
  clock: PhaseClock,
  check: () => Promise<void>,
  signal?: AbortSignal,
): Promise<RolledOut> {
  const work: Work = { session, step, clock, check, signal, leftOut: [], prompts: new Map() };
  try {
    return await drawRollouts(work);
  } catch (error) {
    const reason = notFiniteReason(error);
    // Before the first update it is not training that broke the model: it was given so.
    if (reason === undefined || step === 1) throw error;
    clock.end('sampling');
    return { rollouts: [], drawn: [], leftOut: work.leftOut, broken: { reason, prompts: work.prompts } };
  }
}

async function drawRollouts(work: Work): Promise<RolledOut> {
  const { session, clock } = work;
  const { prompts: wanted, refills } = session.config.rollout;
  let trained: readonly RewardedGroup<EncodedPrompt>[];
  let drawn: readonly RewardedGroup<EncodedPrompt>[];
  if (refills === 0) {
    trained = await drawGroups(work, 0, wanted);
    drawn = trained;
  } else {
    const found = await drawInformative<EncodedPrompt>({
      wanted,
      attempts: 1 + refills,
      draw: (attempt, missing) => drawGroups(work, attempt, missing),
    });
    drawn = found.drawn;
    // With nothing to learn the step stays what it would have been.
    trained = withAdvantages(
      session,
      found.informative.length > 0 ? found.informative : drawn.slice(0, wanted),
    );
  }
  const judged = (group: RewardedGroup<EncodedPrompt>): JudgedPrompt => ({
    prompt: work.prompts.get(group.id)!,
    completions: group.completions,
    rewards: group.results!,
    group,
  });
  const rollouts = trained.map((group) => withViews(session, judged(group)));
  clock.end('views');
  return { rollouts, drawn: drawn.map(judged), leftOut: work.leftOut };
}

/** Samples and judges the prompts of one attempt; further attempts read the data in orders of their own. */
async function drawGroups(
  work: Work,
  attempt: number,
  count: number,
): Promise<RewardedGroup<EncodedPrompt>[]> {
  const { session, clock, check } = work;
  const { config, reward } = session;
  const prompts = await readPrompts(work, attempt, count);
  for (const prompt of prompts) work.prompts.set(groupId(prompt, attempt), prompt);
  clock.end('encoding');
  const groups = await sampleGroups(work, attempt, prompts);
  clock.end('sampling');
  await check();
  const samples = new Map<object, Sample>(groups.map((group, i) => [group, prompts[i]!.sample]));
  const rewarded = await rewardGroups({
    groups,
    reward,
    sample: (group) => samples.get(group)!,
    maxTokens: config.rollout.maxTokens,
    timeoutSeconds: config.reward.timeoutSeconds,
    advantages: advantageOptions(session),
  });
  clock.end('reward');
  return rewarded;
}

/** A sample that cannot be read costs its group, not the run. */
async function readPrompts(work: Work, attempt: number, count: number): Promise<Prompt[]> {
  const { config, policy, source, shown } = work.session;
  const placed = await source.take((work.step - 1) * config.rollout.prompts, count, attempt);
  const read = await Promise.allSettled(
    placed.map(({ sample, epoch }) => preparePrompt(policy, sample, epoch, shown)),
  );
  const failed = read.filter((each) => each.status === 'rejected').map(({ reason }) => reason as Error);
  if (failed.length === read.length && attempt === 0) throw failed[0];
  work.leftOut.push(...failed.map(({ message }) => message));
  return read.filter((each) => each.status === 'fulfilled').map(({ value }) => value);
}

async function sampleGroups(
  { session, step, signal }: Work,
  attempt: number,
  prompts: readonly Prompt[],
): Promise<Group<EncodedPrompt>[]> {
  if (prompts.length === 0) return [];
  const { config, policy, components } = session;
  const { completions, maxTokens, temperature, topK, topP, batch = prompts.length } = config.rollout;
  const asked = prompts.map((prompt) => ({
    id: groupId(prompt, attempt),
    prompt: prompt.encoded,
    under: (perturbation: Parameters<typeof perturbedPrompt>[2]) =>
      perturbedPrompt(policy, prompt, perturbation, config.seed),
  }));
  const seed = attempt === 0 ? [config.seed, 'sampling', step] : [config.seed, 'sampling', step, attempt];
  const groups = await components.sampler({
    policy: {
      generate: (encoded, options) =>
        inParts(encoded, batch, (part) =>
          policy.generate(part, { ...options, topK, topP, ...(signal === undefined ? {} : { signal }) }),
        ),
      score: (requests, options) => policy.score(requests, options),
    },
    prompts: asked,
    completions,
    maxTokens,
    temperature,
    seed: seededRandom(...seed).bits() >>> 0,
    microBatch: config.microBatch,
    step,
    steps: config.steps,
  });
  return asked.map(({ id, prompt }, i) => {
    const found = groups?.[i]?.completions;
    if (!Array.isArray(found) || found.length === 0) {
      throw new UserError(
        `rollout.sampler: found no completions for prompt ${i} of ${asked.length}, expected a group for each.`,
      );
    }
    const [answers] = asAnswers([prompt], [found]);
    return { id, prompt, completions: answers! };
  });
}

/** The same sample can come twice in a batch: in two epochs, or in two attempts. */
function groupId({ sample, epoch }: Prompt, attempt: number): string {
  return `${sample.id}${epoch === 0 ? '' : `@${epoch}`}${attempt === 0 ? '' : `+${attempt}`}`;
}

function advantageOptions({ config }: Session) {
  const { advantageBaseline, advantageScale } = config.objective.policy;
  return { baseline: advantageBaseline, scale: advantageScale };
}

/** Advantages among the groups that are trained on, where some look at the whole batch. */
function withAdvantages(
  session: Session,
  groups: readonly RewardedGroup<EncodedPrompt>[],
): RewardedGroup<EncodedPrompt>[] {
  const advantages = groupAdvantages(
    groups.map(({ rewards }) => rewards),
    advantageOptions(session),
  );
  return groups.map((group, i) => ({ ...group, advantages: advantages[i]! }));
}

/** Views are drawn only where the objective will look at them. */
function withViews({ config, policy, components }: Session, judged: JudgedPrompt): Rollout {
  const { type, cppo } = config.objective;
  const needed =
    components.terms.some((term) => term.views !== false) ||
    (type === 'cppo' ? gateGroups([judged.group], cppo.gate).length > 0 : type !== 'grpo');
  if (!needed) return { ...judged, views: undefined };
  const views = drawViews(policy, judged.prompt, components.views, config.seed, config.redrawViews);
  return { ...judged, group: { ...judged.group, views: views.encoded }, views };
}
