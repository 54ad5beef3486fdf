import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isLocked } from '../directory/lock.js';
import type { ComparisonPageData } from '../page/comparison-data.js';
import { findRuns } from '../report/find-runs.js';
import { UserError } from '../user-error.js';
import { type ServedRun, serveRun } from './serve.js';
import { serveRuns } from './serve-runs.js';

/**
 * Serves the page of a run that another process is at work on, until that ends, or of all the runs in a folder; Ctrl-C and
 * SIGTERM end it too. Prints the address.
 *
 * @param directory a run, or a folder of them.
 * @param port 0 takes any that is free; so does one that is taken.
 * @param compare what the page of several runs shows.
 * @throws UserError when there is no run.
 */
export async function watchDirectory(
  directory: string,
  port: number,
  compare: (runs: readonly string[], pageOf: (run: string) => string) => ComparisonPageData,
): Promise<void> {
  if (existsSync(join(directory, 'config.json'))) return watchOne(directory, port);
  if (!existsSync(directory)) {
    throw new UserError(`${directory} holds no run: there is no config.json in it.`);
  }
  const find = () => findRuns(directory);
  if (find().length === 0) {
    throw new UserError(`${directory} holds no run: there is no config.json in it or in one of its folders.`);
  }
  const served = await serveRuns({ port, find, compare });
  announce(served);
  console.error('Shows the runs of this folder, also those to come; Ctrl-C ends.');
  await untilEnded(served, () => false);
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
