import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { compareRuns } from '@cppo/bench/experiments';
import { defaultPort, findRuns, isLocked, type ServedRun, serveRun, serveRuns, UserError } from '@cppo/run';

/** `cppo watch`: the page of a run that another process is at work on, or of all the runs in a folder. */
export async function watch(directory: string, options: { port?: number }): Promise<void> {
  const port = options.port ?? defaultPort;
  if (existsSync(join(directory, 'config.json'))) return watchOne(directory, port);
  if (!existsSync(directory)) {
    throw new UserError(`${directory} holds no run: there is no config.json in it.`);
  }
  if (findRuns(directory).length === 0) {
    throw new UserError(`${directory} holds no run: there is no config.json in it or in one of its folders.`);
  }
  await watchFolder(directory, port);
}

async function watchOne(directory: string, port: number): Promise<void> {
  let going = isLocked(directory);
  const served = await serveRun(directory, { port, going: () => going });
  announce(served);
  if (!going) console.error('No process is at work on this run; Ctrl-C ends.');
  const why = await untilEnded(served, () => {
    const was = going;
    going = isLocked(directory);
    return was && !going;
  });
  if (why === 'ended') console.error('The run has ended.');
}

async function watchFolder(folder: string, port: number): Promise<void> {
  const title = basename(resolve(folder));
  const served = await serveRuns({
    port,
    find: () => findRuns(folder),
    compare: (runs, pageOf) => compareRuns(runs, { title, pageOf }),
  });
  announce(served);
  console.error('Shows the runs of this folder, also those to come; Ctrl-C ends.');
  await untilEnded(served, () => false);
}

function announce({ url, taken }: ServedRun): void {
  console.log(url);
  if (taken !== undefined) console.error(`--port: ${taken} is taken, so the page is served at a free one.`);
}

/** @param hasEnded looked at twice a second. */
async function untilEnded(served: ServedRun, hasEnded: () => boolean): Promise<'signal' | 'ended'> {
  const why = await new Promise<'signal' | 'ended'>((resolve) => {
    const timer = setInterval(() => {
      const ended = hasEnded();
      try {
        served.refresh();
      } catch {
        // The file was caught half-way; the next look comes soon.
      }
      if (ended) settle('ended');
    }, 500);
    const settle = (reason: 'signal' | 'ended') => {
      clearInterval(timer);
      resolve(reason);
    };
    process.once('SIGINT', () => settle('signal'));
    process.once('SIGTERM', () => settle('signal'));
  });
  await served.end();
  return why;
}
