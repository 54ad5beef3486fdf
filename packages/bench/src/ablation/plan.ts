import { closestName } from '@cppo/checked-options';
import { UserError } from '@cppo/run';
import { type Arm, type ArmTable, armTables } from './arms.js';

export interface PlannedRun {
  readonly arm: Arm;
  readonly seed: number;
}

/** The arm of a name. */
export function armNamed(name: string, tables: readonly ArmTable[] = armTables): Arm {
  const arms = [...new Set(tables.flatMap((table) => table.arms))];
  const found = arms.find((arm) => arm.name === name);
  if (found !== undefined) return found;
  const names = [...new Set(arms.map((arm) => arm.name))];
  throw new UserError(
    `--arm: found ${JSON.stringify(name)}. Did you mean ${closestName(name, names)}? There are ${names.join(', ')}.`,
  );
}

/**
 * Every arm of every table: the tables one after another, and in each a seed of all arms before the next seed starts,
 * so that whenever it is cut the arms have had the same seeds. Nothing is drawn for an arm that is not trained: one run.
 */
export function wholePlan(tables: readonly ArmTable[] = armTables): PlannedRun[] {
  const planned = new Map<string, PlannedRun>();
  for (const table of tables) {
    for (const run of plan(
      table.arms,
      Array.from({ length: table.seeds }, (_, i) => i + 1),
    )) {
      planned.set(nameOf(run), planned.get(nameOf(run)) ?? run);
    }
  }
  return [...planned.values()];
}

/** Some arms on some seeds, a seed of all arms before the next. */
export function plan(chosen: readonly Arm[], seeds: readonly number[]): PlannedRun[] {
  return seeds.flatMap((seed, round) =>
    chosen.flatMap((arm) => {
      if (arm.training !== 'none') return [{ arm, seed }];
      return round === 0 ? [{ arm, seed: 0 }] : [];
    }),
  );
}

export function nameOf({ arm, seed }: PlannedRun): string {
  return arm.training === 'none' ? arm.name : `${arm.name}-seed${seed}`;
}
