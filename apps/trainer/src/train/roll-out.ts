import type { Sample } from '@cppo/dataset';
import { type Completion, type RewardedGroup, type RewardResult, rewardGroups } from '@cppo/grpo';
import { seededRandom } from '@cppo/perturb';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { gated } from '../cppo/gated.js';
import { templateNamed } from '../samples/source.js';
import { viewPreset } from './objective.js';
import type { PhaseClock } from './phase-clock.js';
import { drawViews, type Prompt, type PromptViews, preparePrompt } from './prompts.js';
import type { Session } from './session.js';

/** A prompt with its rewarded completions, and its views where the objective will look at them. */
export interface Rollout {
  readonly prompt: Prompt;
  readonly completions: readonly Completion[];
  readonly rewards: readonly RewardResult[];
  readonly group: RewardedGroup<EncodedPrompt>;
  readonly views: PromptViews | undefined;
}

export interface RolledOut {
  readonly rollouts: readonly Rollout[];
  /** Why samples of the step were left out: a picture that vanished, say. One sentence each. */
  readonly leftOut: readonly string[];
}

/**
 * The first half of a step: samples → completions → rewards → advantages → views.
 *
 * @param step counts from 1. All that is drawn is a function of the run's seed and the step.
 * @param check called between phases; throws when the run was asked to stop.
 * @param signal lets the sampling stop by itself when the run was asked to stop.
 * @throws whatever the first sample failed with when none of the step's samples can be read.
 */
export async function rollOut(
  session: Session,
  step: number,
  clock: PhaseClock,
  check: () => Promise<void>,
  signal?: AbortSignal,
): Promise<RolledOut> {
  const { config, policy, reward } = session;
  const { prompts, leftOut } = await readPrompts(session, step);
  clock.end('encoding');
  const sampled = await policy.generate(
    prompts.map(({ encoded }) => encoded),
    {
      ...config.rollout,
      seed: seededRandom(config.seed, 'sampling', step).bits() >>> 0,
      ...(signal === undefined ? {} : { signal }),
    },
  );
  clock.end('sampling');
  await check();

  const groups = prompts.map((prompt, i) => ({
    // The same sample can come twice in a batch that crosses epochs.
    id: prompt.epoch === 0 ? prompt.sample.id : `${prompt.sample.id}@${prompt.epoch}`,
    prompt: prompt.encoded,
    completions: sampled[i]!,
  }));
  const samples = new Map<object, Sample>(groups.map((group, i) => [group, prompts[i]!.sample]));
  const rewarded = await rewardGroups({
    groups,
    reward,
    sample: (group) => samples.get(group)!,
    maxTokens: config.rollout.maxTokens,
    timeoutSeconds: config.reward.timeoutSeconds,
    advantages: { scale: config.objective.policy.advantageScale },
  });
  clock.end('reward');
  const rollouts = rewarded.map((group, i) => withViews(session, prompts[i]!, group));
  clock.end('views');
  return { rollouts, leftOut };
}

/** A sample that cannot be read costs its group, not the run. */
async function readPrompts(
  { config, policy, source }: Session,
  step: number,
): Promise<{ prompts: Prompt[]; leftOut: string[] }> {
  const template = templateNamed(config.data.template);
  const placed = await source.take((step - 1) * config.rollout.prompts, config.rollout.prompts);
  const read = await Promise.allSettled(
    placed.map(({ sample, epoch }) => preparePrompt(policy, sample, epoch, template)),
  );
  const failed = read.filter((each) => each.status === 'rejected').map(({ reason }) => reason as Error);
  if (failed.length === read.length) throw failed[0];
  return {
    prompts: read.filter((each) => each.status === 'fulfilled').map(({ value }) => value),
    leftOut: failed.map(({ message }) => message),
  };
}

/** Views are drawn only where the objective will look at them. */
function withViews(
  { config, policy }: Session,
  prompt: Prompt,
  group: RewardedGroup<EncodedPrompt>,
): Rollout {
  const { type, cppo } = config.objective;
  const needed = type === 'cppo' ? gated([group], cppo.gate).length > 0 : type !== 'grpo';
  const views = needed ? drawViews(policy, prompt, viewPreset(config), config.seed) : undefined;
  return {
    prompt,
    completions: group.completions,
    rewards: group.results!,
    group: views === undefined ? group : { ...group, views: views.encoded },
    views,
  };
}
