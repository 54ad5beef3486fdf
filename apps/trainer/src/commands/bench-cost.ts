import { join } from 'node:path';
import {
  costRegimes,
  costTable,
  type MeasuredTraining,
  measureCost,
  warmUpRounds,
} from '@cppo/bench/experiments';
import { makeOutputDirectory, UserError, writeWholeFile } from '@cppo/run';
import { Progress, runStep } from '@cppo/training';
import { loadConfig } from '../config/load.js';
import { openSession } from '../session/session.js';

interface CostOptions {
  readonly steps: number;
  readonly set: readonly string[];
  /** A name in `costRegimes`. */
  readonly regime?: string;
  readonly out: string;
}

/** `cppo bench cost`: seconds a step by phase of GRPO, PAPO and CPPO, measured in turns (Table 7 of the paper). */
export async function benchCost({ steps, set, regime, out }: CostOptions): Promise<void> {
  const own = regime === undefined ? [] : costRegimes[regime];
  if (own === undefined) {
    throw new UserError(
      `--regime: found ${JSON.stringify(regime)}, expected ${Object.keys(costRegimes).join(' or ')}.`,
    );
  }
  makeOutputDirectory('--out', out);
  const progress = new Progress('rounds', steps + warmUpRounds);
  const onRound = (round: number) => progress.update(round);
  const cost = await measureCost({ steps, settings: [...own, ...set], openTraining, onRound });
  progress.stop();
  const table = costTable(cost);
  const name = regime ? `cost-${regime}` : 'cost';
  writeWholeFile(join(out, `${name}.json`), `${JSON.stringify(cost, null, 2)}\n`);
  writeWholeFile(join(out, `${name}.md`), table);
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
