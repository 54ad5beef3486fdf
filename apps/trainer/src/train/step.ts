import {
  type Completion,
  groupAdvantages,
  type RewardedGroup,
  type RewardResult,
  trainingStep,
} from '@cppo/grpo';
import { seededRandom } from '@cppo/perturb';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { gated } from '../cppo/gated.js';
import type { PerceivedTokens } from '../cppo/term.js';
import type { StepMetrics } from '../run/metrics-log.js';
import type { GroupRecord } from '../run/rollout-log.js';
import { templateNamed } from '../samples/source.js';
import { rolloutFigures } from './figures.js';
import { judge } from './judge.js';
import { learningRateAt, objectiveTerms, viewPreset } from './objective.js';
import { PhaseClock } from './phase-clock.js';
import { drawViews, type Prompt, type PromptViews, preparePrompt } from './prompts.js';
import { recordGroup } from './record.js';
import type { Session } from './session.js';

export interface StepResult {
  readonly metrics: StepMetrics;
  readonly records: readonly GroupRecord[];
}

/** A prompt with its completions and their rewards. */
interface Rollout {
  readonly prompt: Prompt;
  readonly completions: readonly Completion[];
  readonly rewards: readonly RewardResult[];
}

/**
 * One step of the method, in its order: samples → completions → rewards → advantages → views → gradients → update.
 *
 * @param step counts from 1. All that is drawn is a function of the run's seed and the step.
 * @param check called between phases; throws when the run was asked to stop.
 */
export async function runStep(
  session: Session,
  step: number,
  check: () => Promise<void>,
): Promise<StepResult> {
  const { config, policy, optimizer } = session;
  const clock = new PhaseClock();

  const prompts = await readPrompts(session, step);
  clock.end('encoding');
  const sampled = await policy.generate(
    prompts.map(({ encoded }) => encoded),
    { ...config.rollout, seed: seededRandom(config.seed, 'sampling', step).bits() >>> 0 },
  );
  clock.end('sampling');
  await check();

  const rollouts = await Promise.all(prompts.map((prompt, i) => judgeAll(session, prompt, sampled[i]!)));
  clock.end('reward');

  const advantages = groupAdvantages(
    rollouts.map(({ rewards }) => rewards.map(({ reward }) => reward)),
    { scale: config.objective.policy.advantageScale },
  );
  const graded = rollouts.map((rollout, i) => rewardedGroup(session, rollout, advantages[i]!));
  clock.end('views');
  await check();

  const groups = graded.map(({ group }) => group);
  const perceived = new Map<string, PerceivedTokens>();
  const update = await trainingStep({
    policy,
    groups,
    terms: objectiveTerms(config, step, session.reference, (group, completion, tokens) => {
      perceived.set(`${group}/${completion}`, tokens);
    }),
    optimizer,
    learningRate: learningRateAt(config, step),
    maxGradientNorm: config.optimizer.maxGradientNorm,
    microBatch: config.microBatch,
    temperature: config.rollout.temperature,
  });
  clock.pass(); // the step itself says how long its phases took

  // Pictures of one group a step: enough to look at, little to keep.
  const shown = graded.findIndex(({ views }) => views !== undefined);
  const records = await Promise.all(
    graded.map(({ group, views }, i) =>
      recordGroup(
        step,
        policy,
        rollouts[i]!.prompt,
        group,
        rollouts[i]!.rewards,
        (completion) => perceived.get(`${group.id}/${completion}`),
        i === shown ? views : undefined,
      ),
    ),
  );
  const tokens = groups.reduce(
    (sum, { completions }) => sum + completions.reduce((n, c) => n + c.tokens.length, 0),
    0,
  );
  return {
    metrics: {
      step,
      ...rolloutFigures(rollouts, groups),
      ...update.metrics,
      'gradient/skipped': update.skipped === undefined ? 0 : 1,
      'tokens/second': tokens / clock.total(),
      ...clock.metrics(),
    },
    records,
  };
}

async function readPrompts({ config, policy, source }: Session, step: number): Promise<Prompt[]> {
  const template = templateNamed(config.data.template);
  const placed = await source.take((step - 1) * config.rollout.prompts, config.rollout.prompts);
  return Promise.all(placed.map(({ sample, epoch }) => preparePrompt(policy, sample, epoch, template)));
}

async function judgeAll(
  { config, reward }: Session,
  prompt: Prompt,
  completions: readonly Completion[],
): Promise<Rollout> {
  const limits = { maxTokens: config.rollout.maxTokens, timeoutSeconds: config.reward.timeoutSeconds };
  const rewards = await Promise.all(completions.map((each) => judge(reward, prompt.sample, each, limits)));
  return { prompt, completions, rewards };
}

/** The group as the training step takes it. Views are drawn only where the objective will look at them. */
function rewardedGroup(
  { config, policy }: Session,
  { prompt, completions, rewards }: Rollout,
  advantages: Float32Array,
): { group: RewardedGroup<EncodedPrompt>; views: PromptViews | undefined } {
  const group: RewardedGroup<EncodedPrompt> = {
    // The same sample can come twice in a batch that crosses epochs.
    id: prompt.epoch === 0 ? prompt.sample.id : `${prompt.sample.id}@${prompt.epoch}`,
    prompt: prompt.encoded,
    completions,
    rewards: Float32Array.from(rewards, ({ reward }) => reward),
    advantages,
    accuracies: Float32Array.from(rewards, ({ parts }) => parts.accuracy),
  };
  const { type, cppo } = config.objective;
  const needed = type === 'cppo' ? gated([group], cppo.gate).length > 0 : type !== 'grpo';
  if (!needed) return { group, views: undefined };
  const views = drawViews(policy, prompt, viewPreset(config), config.seed);
  return { group: { ...group, views: views.encoded }, views };
}
