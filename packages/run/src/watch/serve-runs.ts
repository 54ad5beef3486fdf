import type { ServerResponse } from 'node:http';
import { requireNames } from '@cppo/checked-options';
import { isLocked } from '../directory/lock.js';
import type { ComparisonPageData } from '../page/comparison-data.js';
import { pageHtml } from '../page/page-html.js';
import { stateOf } from './follow.js';
import { LiveRun } from './live-run.js';
import { sendHtml, startEvents, startLocalServer } from './local-server.js';
import type { ServedRun } from './serve.js';

export interface ServeRunsOptions {
  /** 0 takes any that is free; so does one that is taken. */
  readonly port: number;
  /** Directories of the runs that there are by now. */
  find(): readonly string[];
  /**
   * What the page of all of them shows.
   *
   * @param pageOf where the page of a run is.
   */
  compare(runs: readonly string[], pageOf: (run: string) => string): ComparisonPageData;
}

/**
 * Serves the runs of a folder on this machine alone: a page with all of them, told of every step and of runs that are
 * added, and the page of each.
 *
 * @param options the port, and where the runs are found and compared.
 * @returns the address, and how to close the server.
 * @throws RangeError for an unknown option.
 */
export async function serveRuns(options: ServeRunsOptions): Promise<ServedRun> {
  requireNames('serveRuns', options, { port: true, find: true, compare: true });
  const { port, find, compare } = options;
  const live = new Map<string, LiveRun>();
  const pages = new Set<ServerResponse>();
  const pageOf = (run: string) => `run/${encodeURIComponent(run)}/`;
  const read = () => ({ ...compare(find(), pageOf), live: true });
  const stateOfAll = (runs: readonly string[]) => runs.map((run) => `${run} ${stateOf(run)}`).join('\n');
  let state = stateOfAll(find());

  const openRun = (run: string): LiveRun | undefined => {
    // A path is served only when it is one of the runs that were found.
    if (!find().includes(run)) return undefined;
    const open = live.get(run) ?? new LiveRun(run, () => isLocked(run));
    live.set(run, open);
    return open;
  };
  const { close, ...server } = await startLocalServer(port, (path, request, response) => {
    const [, name, rest] = /^\/run\/([^/]+)\/(events)?$/.exec(path) ?? [];
    const run = name === undefined ? undefined : openRun(decoded(name));
    if (path === '/') sendHtml(response, pageHtml(read()));
    else if (path === '/events') {
      startEvents(response);
      response.write(`data: ${JSON.stringify(read())}\n\n`);
      pages.add(response);
      response.on('close', () => pages.delete(response));
    } else if (run === undefined) response.writeHead(404).end();
    else if (rest === 'events') run.subscribe(request, response);
    else run.sendPage(response);
  });
  return {
    ...server,
    refresh: () => {
      for (const run of live.values()) run.refresh();
      const now = stateOfAll(find());
      if (now === state) return;
      state = now;
      const text = `data: ${JSON.stringify(read())}\n\n`;
      // A page that has not read what it was told before is told later.
      for (const page of pages) if (!page.writableNeedDrain) page.write(text);
    },
    end: () => {
      for (const run of live.values()) run.end();
      for (const page of pages) page.end('event: end\ndata: {}\n\n');
      return close();
    },
  };
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return '';
  }
}
