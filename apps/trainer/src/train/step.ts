import { trainingStep } from '@cppo/grpo';
import type { PerceivedTokens } from '../cppo/term.js';
import type { StepMetrics } from '../run/metrics-log.js';
import type { GroupRecord } from '../run/rollout-log.js';
import { rolloutFigures } from './figures.js';
import { learningRateAt, objectiveTerms } from './objective.js';
import { PhaseClock } from './phase-clock.js';
import { recordGroup } from './record.js';
import { rollOut } from './roll-out.js';
import type { Session } from './session.js';

export interface StepResult {
  readonly metrics: StepMetrics;
  readonly records: readonly GroupRecord[];
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

  const rollouts = await rollOut(session, step, clock, check);
  await check();

  const groups = rollouts.map(({ group }) => group);
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
  const shown = rollouts.findIndex(({ views }) => views !== undefined);
  const records = await Promise.all(
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
