import type { AblationRecord } from '@cppo/bench';
import { UserError } from '../user-error.js';
import { same } from './results-file.js';

/**
 * As many GRPO steps as fit into the time that CPPO took on the same seed:
 *
 *   steps = round(steps of cppo · median seconds a step of cppo / median seconds a step of grpo)
 *
 * Medians, so that what else the machine did during a few steps does not count.
 *
 * @throws UserError when one of the two has not been run.
 */
export function stepsForTime(
  records: readonly AblationRecord[],
  seed: number,
  protocol: readonly string[],
): number {
  const [cppo, grpo] = ['cppo', 'grpo'].map((name) => {
    const found = records.find(
      (record) => record.arm === name && record.seed === seed && same(record.protocol, protocol),
    );
    if (found === undefined) {
      throw new UserError(
        `grpo-equal-time: found no finished run of ${name} with seed ${seed}, expected one to take the time from.`,
      );
    }
    return found;
  }) as [AblationRecord, AblationRecord];
  return Math.round((cppo.steps * cppo.secondsPerStep) / grpo.secondsPerStep);
}
