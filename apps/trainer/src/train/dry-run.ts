import { gibibytes } from './fit.js';
import { timeOf } from './plan.js';
import type { Session } from './session.js';
import { runStep } from './step.js';

/**
 * Does one micro-batch of the first step, for its time and memory, and says what the whole run would take. Nothing is
 * written; the session's weights are of no use afterwards.
 */
export async function dryRun(session: Session): Promise<string> {
  const { config } = session;
  const { prompts } = config.rollout;
  const part = Math.min(config.microBatch, prompts);
  const measured = { ...session, config: { ...config, rollout: { ...config.rollout, prompts: part } } };
  const { metrics } = await runStep(measured, 1, async () => {});
  const length = metrics['completion/length'] ?? 0;
  return [
    `measured   one micro-batch of ${part} prompts: ${(metrics['seconds/step'] ?? 0).toFixed(1)} s, completions of ${length.toFixed(0)} tokens on average, ${gibibytes(process.resourceUsage().maxRSS * 1024)} for the process at its widest`,
    timeOf((metrics['seconds/step']! * prompts) / part, config.steps),
  ].join('\n');
}
