import type { CppoOptions } from '@cppo/cppo';
import { type RewardedGroup, type StepReport, trainOnRollouts } from '@cppo/grpo';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { learningRateAt, objectiveTerms } from './objective.js';
import type { Session } from './session.js';

/**
 * The second half of a step: one update on its groups, or several where the configuration asks for mini-batches or
 * epochs. From the second on the policy is no longer the one that sampled, and the ratio with its clip is for that.
 */
export async function update(
  session: Session,
  step: number,
  groups: readonly RewardedGroup<EncodedPrompt>[],
  onTokens: CppoOptions['onTokens'],
): Promise<StepReport> {
  const { config, policy, optimizer } = session;
  const { miniBatch, epochs, maxGradientNorm } = config.optimizer;
  return combined(
    await trainOnRollouts({
      policy,
      groups,
      terms: objectiveTerms(session, step, onTokens),
      optimizer,
      learningRate: learningRateAt(config, step),
      maxGradientNorm,
      microBatch: config.microBatch,
      temperature: config.rollout.temperature,
      ...(miniBatch === undefined ? {} : { miniBatch }),
      epochs,
    }),
  );
}

/**
 * Several updates in one report. What counts or lasts is added up, the rest is the mean of the updates; but extremes are
 * extremes, and `policy/logProbDifference` is that of the first, where sampler and trainer still have the same weights.
 */
export function combined(reports: readonly StepReport[]): StepReport {
  const trained = reports.filter(({ metrics }) => metrics['groups/scored'] !== 0);
  const skipped = (trained.length > 0 ? trained : reports).find(
    (report) => report.skipped !== undefined,
  )?.skipped;
  const keys = new Set(reports.flatMap(({ metrics }) => Object.keys(metrics)));
  const metrics: Record<string, number> = {};
  for (const key of keys) {
    const values = reports.map((report) => report.metrics[key]).filter((value) => value !== undefined);
    metrics[key] = combine(key, values);
  }
  return { ...(skipped === undefined ? {} : { skipped }), metrics: { ...metrics, updates: reports.length } };
}

function combine(key: string, values: readonly number[]): number {
  if (key === 'policy/logProbDifference') return values[0]!;
  if (key.endsWith('/ratioMin')) return Math.min(...values);
  if (key.endsWith('/ratioMax')) return Math.max(...values);
  const sum = values.reduce((total, value) => total + value, 0);
  return added.test(key) ? sum : sum / values.length;
}

const added = /^seconds\/|^(groups|tokens)\/scored$|^cppo\/(gated|tokens)$/;
