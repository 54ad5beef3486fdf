import { requireNames } from '@cppo/checked-options';
import { LiveRun } from './live-run.js';
import { startLocalServer } from './local-server.js';

export interface ServeOptions {
  /** 0 takes any that is free; so does one that is taken. */
  readonly port: number;
  /** Whether a process is at work on the run. */
  going(): boolean;
}

export interface ServedRun {
  readonly url: string;
  /** The requested port if it is taken; undefined when it was free. */
  readonly taken?: number;
  /** Tells the pages what is new, if something is. */
  refresh(): void;
  /** Tells the pages that the run has ended, and stops serving. */
  end(): Promise<void>;
}

/**
 * Serves a run's page on this machine only, and pushes every step to it.
 *
 * @param directory of a run.
 * @param options the port, and whether the run is still going.
 * @returns the address, and how to close the server.
 * @throws RangeError for an unknown option.
 */
export async function serveRun(directory: string, options: ServeOptions): Promise<ServedRun> {
  requireNames('serveRun', options, { port: true, going: true });
  const { port, going } = options;
  const run = new LiveRun(directory, going);
  const { close, ...server } = await startLocalServer(port, (path, request, response) => {
    if (path === '/events') run.subscribe(request, response);
    else if (path === '/') run.sendPage(response);
    else response.writeHead(404).end();
  });
  return {
    ...server,
    refresh: () => run.refresh(),
    end: () => {
      run.end();
      return close();
    },
  };
}
