import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { watchThreadFile } from '../built-files.js';
import { messageOf } from '../system-error.js';

/** Next to TensorBoard's 6006. */
export const defaultPort = 6007;

export interface ThreadInput {
  readonly directory: string;
  readonly port: number;
}

/** A run's page while it is served from a thread of this process. */
export interface WatchedRun {
  /** Tells the pages that the run has ended. Takes a second at most. */
  end(): Promise<void>;
}

/**
 * Serves the page of a run from a thread of its own and prints its address. Failures of the server or its
 * browsers never affect the run, and the server keeps no process alive.
 *
 * @param directory of a run.
 * @param port true takes the default; undefined serves nothing.
 * @returns the served page; undefined when nothing is served.
 */
export async function watchRun(
  directory: string,
  port: number | true | undefined,
): Promise<WatchedRun | undefined> {
  if (port === undefined) return undefined;
  const input: ThreadInput = { directory, port: port === true ? defaultPort : port };
  const thread = new Worker(watchThreadFile, { workerData: input, stdin: false });
  try {
    const [{ url, taken }] = await once(thread, 'message');
    console.error(`watch      ${url}${taken === undefined ? '' : ` (port ${taken} is taken)`}`);
  } catch (error) {
    console.error(`cppo: the run's page cannot be served (${messageOf(error)}); the run continues.`);
    return undefined;
  }
  thread.on('error', (error) => {
    console.error(`cppo: the run's page is no longer served (${error.message}); the run continues.`);
  });
  thread.unref();
  return {
    end: async () => {
      if (thread.threadId === -1) return;
      const ended = once(thread, 'exit');
      thread.postMessage('end');
      const late = setTimeout(() => thread.terminate(), 1000);
      await ended.finally(() => clearTimeout(late));
    },
  };
}
