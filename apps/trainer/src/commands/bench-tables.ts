import { dirname, join } from 'node:path';
import { ablationFiles } from '@cppo/bench/experiments';
import { makeOutputDirectory, writeWholeFile } from '@cppo/run';

/** `cppo bench tables`: the results file as tables and plots. */
export function tables({ results, out = dirname(results) }: { results: string; out?: string }): void {
  const files = ablationFiles(results);
  makeOutputDirectory('--out', out);
  for (const [name, content] of Object.entries(files)) {
    writeWholeFile(join(out, name), content);
    console.log(join(out, name));
  }
}
