import { bootstrapMean, type Estimate } from '@cppo/bench';
import { runStep } from '@cppo/training';
import { loadConfig } from '../config/load.js';
import { openSession, type Session } from '../session/session.js';

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

/** The objectives of Table 7 of the paper, GRPO first: the others are measured against it. And CPPO's cheapest form. */
const settingsOf: Readonly<Record<string, readonly string[]>> = {
  grpo: ['objective.type=grpo'],
  papo: ['objective.type=papo'],
  cppo: ['objective.type=cppo'],
  'cppo-anchor': ['objective.type=cppo', 'objective.cppo.gradients=[anchor]'],
};
const objectives = Object.keys(settingsOf);

/**
 * Seconds a step of each objective, a step of each in turn, so that whatever else the machine does falls on all of them. Each
 * trains a policy of its own on the same samples. The first two rounds warm up and do not count.
 *
 * @param settings `key=value` for all of them.
 */
export async function measureCost(
  steps: number,
  settings: readonly string[],
  onRound: (round: number) => void,
): Promise<Cost> {
  const sessions = new Map<string, Session>();
  for (const [name, own] of Object.entries(settingsOf)) {
    const { config } = await loadConfig({ set: [...settings, ...own] });
    sessions.set(name, await openSession(config));
  }
  const warmUp = 2;
  const seconds = new Map<string, Record<string, number>[]>(objectives.map((type) => [type, []]));
  for (let step = 1; step <= warmUp + steps; step++) {
    // Another one begins each round, so that none always comes after the same.
    const order = objectives.map((_, i) => objectives[(i + step) % objectives.length]!);
    for (const type of order) {
      const { metrics } = await runStep(sessions.get(type)!, step, async () => {});
      if (step > warmUp) seconds.get(type)!.push(phasesOf(metrics));
    }
    onRound(step);
  }
  const grpo = seconds.get('grpo')!;
  const costs = objectives.map((type): [string, ObjectiveCost] => {
    const own = seconds.get(type)!;
    const names = [...new Set(own.flatMap((step) => Object.keys(step)))].filter((name) => name !== 'step');
    const phases = names.map((name) => [name, median(own.map((step) => step[name] ?? 0))] as const);
    return [
      type,
      {
        seconds: median(own.map(({ step }) => step!)),
        phases: Object.fromEntries(phases),
        timesGrpo: bootstrapMean(own.map(({ step }, i) => step! / grpo[i]!.step!)),
      },
    ];
  });
  const [first] = sessions.values();
  for (const { source } of sessions.values()) await source.close();
  return { engine: first!.engine.description, steps, settings, objectives: Object.fromEntries(costs) };
}

function phasesOf(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([key, value]) =>
      key.startsWith('seconds/') ? [[key.slice('seconds/'.length), value]] : [],
    ),
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const value =
    sorted.length % 2 === 1 ? sorted[middle]! : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return Number(value.toFixed(4));
}
