import { requireNames } from '@cppo/checked-options';
import type { ComparedArm, ComparisonPageData, Difference } from '@cppo/run';
import { crossedInterval } from '../ablation/crossed-interval.js';
import { pairedDifference } from '../ablation/paired.js';
import { type Estimate, mean } from '../evaluate/estimates.js';
import { differingSettings } from './differing-settings.js';
import { independentDifference } from './independent-difference.js';
import { type ReadRun, readRun } from './read-run.js';

export interface CompareOptions {
  readonly title: string;
  /** Where the page of a run is, as seen from that of all. */
  readonly pageOf?: (directory: string) => string;
}

/** Keys in which runs of one configuration differ. */
const own = ['seed', 'output'];

/**
 * Runs beside one another, for `pageHtml`: those of one configuration are an arm, whatever their seeds; each arm's
 * held-out accuracy, its difference to the first arm, and the keys in which the configurations differ.
 *
 * Runs that were asked the same questions are compared question by question, and by seed where both arms have it
 * ({@link pairedDifference}; over two seeds and more with the t-interval of crossed random effects). Others are compared
 * as independent ones ({@link independentDifference}).
 *
 * @param directories of the runs; the first is what the others are compared with.
 * @param options title of the page, and where the pages of the runs are.
 * @returns what the page shows.
 * @throws UserError for a directory that holds no run; RangeError for an unknown option.
 */
export function compareRuns(directories: readonly string[], options: CompareOptions): ComparisonPageData {
  requireNames('compareRuns', options, { title: true, pageOf: true });
  const { title, pageOf } = options;
  const runs = directories.map(readRun);
  const arms = armsOf(runs);
  const names = namesOf(arms);
  const measures = new Set(runs.flatMap(({ result }) => (result?.after === undefined ? [] : [result.name])));
  const [measure] = measures;
  return {
    kind: 'comparison',
    title,
    ...(measure === undefined ? {} : { measure: measures.size === 1 ? measure : 'accuracy' }),
    arms: arms.map((arm, i) => comparedArm(names[i] ?? '', arm, i === 0 ? undefined : arms[0])),
    runs: runs.map((run) => {
      const { name, directory, seed, status, done, steps, tags, note, series, heldOut, result } = run;
      const shared = runs.filter((other) => other.name === name).length > 1;
      return {
        name: shared ? directory : name,
        arm: arms.findIndex((arm) => arm.includes(run)),
        ...(seed === undefined ? {} : { seed }),
        ...{ status, done, steps, tags, series, heldOut },
        ...(note === undefined ? {} : { note }),
        ...(result?.before === undefined ? {} : { before: result.before }),
        ...(result?.after === undefined ? {} : { after: result.after }),
        ...(pageOf === undefined ? {} : { page: pageOf(directory) }),
      };
    }),
    settings: differingSettings(
      arms.flatMap(([run]) => (run === undefined ? [] : [run.config])),
      own,
    ),
    live: false,
  };
}

/** Runs of one configuration together. The machine on which a run is made says nothing of what it is. */
function armsOf(runs: readonly ReadRun[]): ReadRun[][] {
  const arms = new Map<string, ReadRun[]>();
  for (const run of runs) {
    const key = JSON.stringify({ ...run.config, seed: undefined, output: undefined, engine: undefined });
    arms.set(key, [...(arms.get(key) ?? []), run]);
  }
  return [...arms.values()];
}

/** The run's name; of several runs what is before their seed. */
function namesOf(arms: readonly (readonly ReadRun[])[]): string[] {
  const names = arms.map(([run], i) => {
    const name = run?.name ?? '';
    return arms[i]?.length === 1 ? name : name.replace(/-seed\d+(-\d+)?$/, '');
  });
  return names.map((name, i) => {
    const before = names.slice(0, i).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}

function comparedArm(
  name: string,
  arm: readonly ReadRun[],
  baseline: readonly ReadRun[] | undefined,
): ComparedArm {
  const result = resultOf(arm);
  const difference = baseline && differenceOf(arm, baseline);
  return {
    name,
    ...(result === undefined ? {} : { result }),
    ...(difference === undefined ? {} : { difference }),
  };
}

type EvaluatedRun = ReadRun & { readonly accuracies: readonly number[] };

const isEvaluated = (run: ReadRun): run is EvaluatedRun => run.accuracies !== undefined;

/** Mean over the runs. Its interval is of runs and questions as drawn from many, or that of the only run. */
function resultOf(arm: readonly ReadRun[]): ComparedArm['result'] {
  const results = arm.flatMap(({ result }) => result?.after ?? []);
  const [only] = results;
  if (only === undefined) return undefined;
  if (results.length === 1) return only;
  const asked = arm.filter(isEvaluated);
  const value = mean(results.map((result) => result.value));
  if (asked.length < results.length || new Set(asked.map((run) => run.asked)).size > 1) return { value };
  return crossedInterval(asked.map(({ accuracies }) => accuracies)) ?? { value };
}

function differenceOf(arm: readonly ReadRun[], baseline: readonly ReadRun[]): Difference | undefined {
  const [after, before] = [arm.filter(isEvaluated), baseline.filter(isEvaluated)];
  if (after.length === 0 || before.length === 0) return unpaired(arm, baseline);
  if (new Set([...after, ...before].map(({ asked }) => asked)).size > 1) return unpaired(arm, baseline);
  const bySeed = pairedDifference(bySeeds(before), bySeeds(after));
  const paired = bySeed.seeds > 0 ? bySeed : pairedDifference(together(before), together(after));
  return { ...(paired.crossed ?? paired.difference), paired: 'questions' };
}

function unpaired(arm: readonly ReadRun[], baseline: readonly ReadRun[]): Difference | undefined {
  const [after, before] = [resultOf(arm), resultOf(baseline)];
  if (!hasInterval(after) || !hasInterval(before)) return undefined;
  return { ...independentDifference(after, before), paired: 'none' };
}

function hasInterval(result: ComparedArm['result']): result is Estimate {
  return result?.low !== undefined && result.high !== undefined;
}

const bySeeds = (runs: readonly EvaluatedRun[]) =>
  new Map(runs.map(({ seed, accuracies }) => [seed ?? 0, accuracies]));

/** Runs of other seeds as one: the mean of each question. */
function together(runs: readonly EvaluatedRun[]): Map<number, readonly number[]> {
  const [first] = runs;
  const means = (first?.accuracies ?? []).map((_, i) =>
    mean(runs.map(({ accuracies }) => accuracies[i] ?? 0)),
  );
  return new Map([[0, means]]);
}
