import { requireNames } from '@cppo/checked-options';
import { bootstrapMean, type Estimate } from '../evaluate/estimates.js';
import { median } from '../speed/step.js';

/** What one objective costs; seconds of the median step, and of its phases. */
export interface ObjectiveCost {
  readonly seconds: number;
  readonly phases: Readonly<Record<string, number>>;
  /** Mean of (its step / GRPO's step beside it), with its 95 % interval over the steps. */
  readonly timesGrpo: Estimate;
}

export interface Cost {
  readonly engine: string;
  readonly steps: number;
  readonly settings: readonly string[];
  readonly objectives: Readonly<Record<string, ObjectiveCost>>;
}

/** A training loop with one objective, opened and ready for its first step. */
export interface MeasuredTraining {
  /** The engine in words. */
  readonly engine: string;
  /**
   * Makes one step of training.
   *
   * @param step counts from 1.
   * @returns figures of the step. Those named `seconds/…` are read: `seconds/step` is the whole step, every other one a phase of it.
   */
  step(step: number): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

export interface MeasureCostOptions {
  /** Steps of each objective that count. */
  readonly steps: number;
  /** `key=value` for all objectives, as the training loop reads them. */
  readonly settings: readonly string[];
  /** Opens the training loop with some settings: those of all objectives, then an objective's own. */
  readonly openTraining: (settings: readonly string[]) => Promise<MeasuredTraining>;
  /** Called after a step of each objective; counts from 1, with the two rounds that warm up. */
  readonly onRound?: (round: number) => void;
}

/** The objectives of Table 7 of the paper, GRPO first: the others are measured against it. And CPPO's cheaper forms. */
const settingsOf: Readonly<Record<string, readonly string[]>> = {
  grpo: ['objective.type=grpo'],
  papo: ['objective.type=papo'],
  cppo: ['objective.type=cppo'],
  'cppo-anchor': ['objective.type=cppo', 'objective.cppo.gradients=[anchor]'],
  'cppo-share': ['objective.type=cppo', 'objective.cppo.share=0.3'],
};
const objectives = Object.keys(settingsOf);

/**
 * What a step consists of most, as settings: what CPPO costs beside GRPO depends on it. `completion-heavy`: many completions of
 * a small picture; `prompt-heavy`: few of a large one.
 */
export const costRegimes: Readonly<Record<string, readonly string[]>> = {
  'completion-heavy': ['rollout.prompts=8', 'rollout.completions=32', 'microBatch=8'],
  'prompt-heavy': ['rollout.prompts=24', 'rollout.completions=4', 'data.minPixels=100352'],
};

/** Rounds that warm up and do not count. */
export const warmUpRounds = 2;

/**
 * Seconds a step of each objective, a step of each in turn, so that whatever else the machine does falls on all of them. Each
 * trains a policy of its own on the same samples. The first two rounds warm up and do not count.
 *
 * @throws RangeError for an unknown option.
 */
export async function measureCost(options: MeasureCostOptions): Promise<Cost> {
  requireNames('measureCost', options, { steps: true, settings: true, openTraining: true, onRound: true });
  const { steps, settings, openTraining, onRound } = options;
  const trainings = new Map<string, MeasuredTraining>();
  for (const [name, own] of Object.entries(settingsOf)) {
    trainings.set(name, await openTraining([...settings, ...own]));
  }
  const seconds = new Map<string, Record<string, number>[]>(objectives.map((type) => [type, []]));
  for (let step = 1; step <= warmUpRounds + steps; step++) {
    // Another one begins each round, so that none always comes after the same.
    const order = objectives.map((_, i) => objectives[(i + step) % objectives.length]!);
    for (const type of order) {
      const figures = await trainings.get(type)!.step(step);
      if (step > warmUpRounds) seconds.get(type)!.push(phasesOf(figures));
    }
    onRound?.(step);
  }
  const grpo = seconds.get('grpo')!;
  const costs = objectives.map((type): [string, ObjectiveCost] => {
    const own = seconds.get(type)!;
    const names = [...new Set(own.flatMap((step) => Object.keys(step)))].filter((name) => name !== 'step');
    const phases = names.map((name) => [name, medianSeconds(own.map((step) => step[name] ?? 0))] as const);
    return [
      type,
      {
        seconds: medianSeconds(own.map(({ step }) => step!)),
        phases: Object.fromEntries(phases),
        timesGrpo: bootstrapMean(own.map(({ step }, i) => step! / grpo[i]!.step!)),
      },
    ];
  });
  const [first] = trainings.values();
  for (const training of trainings.values()) await training.close();
  return { engine: first!.engine, steps, settings, objectives: Object.fromEntries(costs) };
}

function phasesOf(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([key, value]) =>
      key.startsWith('seconds/') ? [[key.slice('seconds/'.length), value]] : [],
    ),
  );
}

/** To a tenth of a millisecond. */
function medianSeconds(values: readonly number[]): number {
  return Number(median(values).toFixed(4));
}
