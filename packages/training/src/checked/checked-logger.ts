import type { RunLogger } from '@cppo/run';
import type { Blame } from './blame.js';

/**
 * Wraps a custom logger so that what it throws is reported as its error.
 *
 * @param logger a logger.
 * @param blame names its module in messages.
 * @returns the same logger; it rejects with a ModuleError.
 */
export function checkedLogger<Config>(logger: RunLogger<Config>, blame: Blame): RunLogger<Config> {
  return {
    start: (run) => blame.later('start()', () => logger.start(run)),
    step: (metrics) => blame.later('step()', () => logger.step(metrics)),
    evaluation: (metrics) => blame.later('evaluation()', () => logger.evaluation?.(metrics)),
    finish: (outcome) => blame.later('finish()', () => logger.finish?.(outcome)),
  };
}
