import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defaultPort, isLocked, serveRun, UserError } from '@cppo/run';

/** `cppo watch`: the page of a run that another process is at work on. */
export async function watch(directory: string, options: { port?: number }): Promise<void> {
  if (!existsSync(join(directory, 'config.json'))) {
    throw new UserError(`${directory} holds no run: there is no config.json in it.`);
  }
  let going = isLocked(directory);
  const served = await serveRun(directory, { port: options.port ?? defaultPort, going: () => going });
  console.log(served.url);
  if (served.taken !== undefined)
    console.error(`--port: ${served.taken} is taken, so the page is served at a free one.`);
  if (!going) console.error('No process is at work on this run; Ctrl-C ends.');
  const why = await new Promise<'signal' | 'ended'>((resolve) => {
    const timer = setInterval(() => {
      const was = going;
      going = isLocked(directory);
      try {
        served.refresh();
      } catch {
        // The file was caught half-way; the next look comes soon.
      }
      if (was && !going) settle('ended');
    }, 500);
    const settle = (reason: 'signal' | 'ended') => {
      clearInterval(timer);
      resolve(reason);
    };
    process.once('SIGINT', () => settle('signal'));
    process.once('SIGTERM', () => settle('signal'));
  });
  await served.end();
  if (why === 'ended') console.error('The run has ended.');
}
