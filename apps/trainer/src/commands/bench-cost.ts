import { join } from 'node:path';
import { writeWholeFile } from '@cppo/run';
import { Progress } from '@cppo/training';
import { costTable } from '../cost/cost-table.js';
import { measureCost } from '../cost/measure-cost.js';
import { makeOutputDirectory } from './output-file.js';

interface CostOptions {
  readonly steps: number;
  readonly set: readonly string[];
  readonly out: string;
}

/** `cppo bench cost`: seconds a step by phase of GRPO, PAPO and CPPO, measured in turns (Table 7 of the paper). */
export async function benchCost({ steps, set, out }: CostOptions): Promise<void> {
  makeOutputDirectory('--out', out);
  const progress = new Progress('rounds', steps + 2);
  const cost = await measureCost(steps, set, (round) => progress.update(round));
  progress.stop();
  const table = costTable(cost);
  writeWholeFile(join(out, 'cost.json'), `${JSON.stringify(cost, null, 2)}\n`);
  writeWholeFile(join(out, 'cost.md'), table);
  console.log(table);
}
