import { duration } from './progress.js';
import type { Session } from './session.js';
import { runStep } from './step.js';

/**
 * Does one micro-batch of the first step, for its time and memory, and says what the whole run would take. Nothing is
 * written; the session's weights are of no use afterwards.
 */
export async function dryRun(session: Session, check: () => Promise<void>): Promise<string> {
  const { config } = session;
  const { prompts, completions } = config.rollout;
  const part = Math.min(config.microBatch, prompts);
  const measured = { ...session, config: { ...config, rollout: { ...config.rollout, prompts: part } } };
  const { metrics } = await runStep(measured, 1, check);
  const step = (metrics['seconds/step']! * prompts) / part;
  const tokens = (metrics['completion/length']! * prompts * completions).toFixed(0);
  return [
    `a step     ${prompts} prompts × ${completions} completions, about ${tokens} sampled tokens`,
    `memory     ${(process.memoryUsage.rss() / 2 ** 30).toFixed(2)} GiB for the process after one micro-batch of ${part} groups`,
    `time       ${duration(step)} a step, ${duration(step * config.steps)} for ${config.steps} steps, evaluations not counted`,
  ].join('\n');
}
