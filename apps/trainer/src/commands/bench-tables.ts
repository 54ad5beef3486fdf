import { dirname, join } from 'node:path';
import { ablationFiles } from '@cppo/bench/experiments';
import { makeOutputDirectory, writeWholeFile } from '@cppo/run';
import { planOf } from './bench-ablation.js';

/** `cppo bench tables`: the results file as tables and plots. */
export async function tables(options: { results: string; out?: string; plan?: string }): Promise<void> {
  const { results, out = dirname(results) } = options;
  const files = ablationFiles(results, (await planOf(options.plan)).tables);
  makeOutputDirectory('--out', out);
  for (const [name, content] of Object.entries(files)) {
    writeWholeFile(join(out, name), content);
    console.log(join(out, name));
  }
}
