import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '@cppo/run';

/** What `cppo bench cost` leaves behind, as far as it is needed here: seconds of a median step, by objective. */
interface MeasuredCost {
  readonly objectives: Readonly<Record<string, { readonly seconds: number }>>;
}

/**
 * As many GRPO steps as fit into the time of so many CPPO steps:
 *
 *   steps = round(steps of cppo · seconds a step of cppo / seconds a step of grpo)
 *
 * The seconds come from one interleaved measurement and not from the runs themselves, which may have shared the machine with
 * whatever else it did.
 *
 * @param file that `cppo bench cost` wrote.
 * @throws UserError when it is not there or holds something else.
 */
export function stepsForTime(file: string, steps: number): number {
  if (!existsSync(file)) {
    throw new UserError(
      `grpo-equal-time: there is no file ${file}; measure the cost first: cppo bench cost.`,
    );
  }
  let measured: Partial<MeasuredCost>;
  try {
    measured = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(`grpo-equal-time: ${file} is not JSON (${(error as Error).message}).`);
  }
  const [cppo, grpo] = ['cppo', 'grpo'].map((name) => measured.objectives?.[name]?.seconds ?? 0) as [
    number,
    number,
  ];
  if (!(cppo > 0 && grpo > 0)) {
    throw new UserError(`grpo-equal-time: found no seconds of cppo and grpo in ${file}; expected both.`);
  }
  return Math.round((steps * cppo) / grpo);
}
