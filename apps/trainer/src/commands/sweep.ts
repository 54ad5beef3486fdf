import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeSweep, type RunSources, readSweep, runSweep } from '@cppo/bench/experiments';
import { Progress, readSettingsFile } from '@cppo/training';
import { loadConfig } from '../config/load.js';
import { withPathsFrom } from '../config/paths.js';

/** `cppo sweep`: settings × seeds, a training process each, and a page that compares them. */
export async function sweep(file: string, options: { jobs: number; dryRun?: boolean }): Promise<void> {
  const folder = dirname(resolve(file));
  const content = await readSettingsFile(file, 'sweep');
  const read = readSweep(file, content, (settings) => withPathsFrom(folder, settings));
  const configure = async (sources: RunSources) => (await loadConfig(sources)).config;
  if (options.dryRun) {
    for (const line of await describeSweep(read, configure)) console.log(line);
    return;
  }
  const { failed, stopped } = await runSweep(read, {
    configure,
    program: fileURLToPath(new URL('./cli.js', import.meta.url)),
    jobs: options.jobs,
    say: (line) => console.log(line),
    ...(process.stderr.isTTY && { showProgress: (title, total) => new Progress(title, total) }),
  });
  if (stopped !== undefined || failed.length > 0) process.exitCode = stopped ?? 1;
}
