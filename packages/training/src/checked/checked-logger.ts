import type { RunLogger } from '@cppo/run';
import type { Blame } from './blame.js';

/** The same logger; what it throws is told as its own. */
export function checkedLogger<Config>(logger: RunLogger<Config>, blame: Blame): RunLogger<Config> {
  return {
    start: (run) => blame.later('start()', () => logger.start(run)),
    step: (metrics) => blame.later('step()', () => logger.step(metrics)),
    evaluation: (metrics) => blame.later('evaluation()', () => logger.evaluation?.(metrics)),
    finish: (outcome) => blame.later('finish()', () => logger.finish?.(outcome)),
  };
}
