import { basename, resolve } from 'node:path';
import { compareRuns } from '@cppo/bench/experiments';
import { defaultPort, watchDirectory } from '@cppo/run';

/** `cppo watch`: the page of a run that another process is at work on, or of all the runs in a folder. */
export function watch(directory: string, { port = defaultPort }: { port?: number }): Promise<void> {
  const title = basename(resolve(directory));
  return watchDirectory(directory, port, (runs, pageOf) => compareRuns(runs, { title, pageOf }));
}
