import { join } from 'node:path';
import { costTable, type MeasuredTraining, measureCost, warmUpRounds } from '@cppo/bench/experiments';
import { makeOutputDirectory, writeWholeFile } from '@cppo/run';
import { Progress, runStep } from '@cppo/training';
import { loadConfig } from '../config/load.js';
import { openSession } from '../session/session.js';

interface CostOptions {
  readonly steps: number;
  readonly set: readonly string[];
  readonly out: string;
}

/** `cppo bench cost`: seconds a step by phase of GRPO, PAPO and CPPO, measured in turns (Table 7 of the paper). */
export async function benchCost({ steps, set, out }: CostOptions): Promise<void> {
  makeOutputDirectory('--out', out);
  const progress = new Progress('rounds', steps + warmUpRounds);
  const onRound = (round: number) => progress.update(round);
  const cost = await measureCost({ steps, settings: set, openTraining, onRound });
  progress.stop();
  const table = costTable(cost);
  writeWholeFile(join(out, 'cost.json'), `${JSON.stringify(cost, null, 2)}\n`);
  writeWholeFile(join(out, 'cost.md'), table);
  console.log(table);
}

async function openTraining(set: readonly string[]): Promise<MeasuredTraining> {
  const { config } = await loadConfig({ set });
  const session = await openSession(config);
  return {
    engine: session.engine.description,
    step: async (step) => (await runStep(session, step, async () => {})).metrics,
    close: () => session.source.close(),
  };
}
