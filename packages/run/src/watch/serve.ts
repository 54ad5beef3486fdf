import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { requireNames } from '@cppo/checked-options';
import { pageHtml } from '../page/page-html.js';
import { readRun } from '../report/read-run.js';
import { messageOf } from '../system-error.js';
import { stateOf, updateAfter } from './follow.js';

export interface ServeOptions {
  /** 0 takes any that is free; so does one that is taken. */
  readonly port: number;
  /** Whether a process is at work on the run. */
  going(): boolean;
}

export interface ServedRun {
  readonly url: string;
  /** The port that was asked for and is taken; nothing when it was free. */
  readonly taken?: number;
  /** Tells the pages what is new, if something is. */
  refresh(): void;
  /** Tells the pages that the run has ended, and stops serving. */
  end(): Promise<void>;
}

/** What a page that does not read may have waiting before it is dropped. */
const mostWaiting = 32 * 2 ** 20;

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
  const pages = new Map<ServerResponse, number>();
  let state = stateOf(directory);

  /** @param seen the last step that the page knows of. */
  const send = (page: ServerResponse, seen: number, ended: boolean) => {
    const update = updateAfter(directory, seen, ended);
    if (!page.headersSent) {
      page.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    }
    const last = update.series.steps.at(-1) ?? 0;
    pages.set(page, last);
    page.write(`id: ${last}\ndata: ${JSON.stringify(update)}\n\n`);
    if (page.writableLength > mostWaiting) page.destroy();
  };
  const subscribe = (request: IncomingMessage, page: ServerResponse) => {
    const asked = new URL(request.url ?? '/', 'http://page').searchParams.get('after');
    page.on('close', () => pages.delete(page));
    send(page, Number(request.headers['last-event-id'] ?? asked) || 0, !going());
  };
  const server = createServer((request, response) => {
    response.on('error', () => response.destroy());
    try {
      answer(request, response);
    } catch (error) {
      // A file that is being written or was taken away costs this answer and no more.
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(messageOf(error));
    }
  });
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url?.split('?')[0];
    // A page of another site could reach this port by a name of its own that resolves to this machine.
    const name = (request.headers.host ?? '').replace(/:\d+$/, '');
    if (name !== '127.0.0.1' && name !== 'localhost') {
      response.writeHead(403).end();
    } else if (request.method !== 'GET') {
      response.writeHead(405).end();
    } else if (path === '/events') {
      subscribe(request, response);
    } else if (path === '/') {
      const html = pageHtml(readRun(directory, { live: true }));
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
      response.end(html);
    } else {
      response.writeHead(404).end();
    }
  };
  server.on('clientError', (_, socket) => socket.destroy());
  await listen(server, port);

  const refresh = () => {
    const now = stateOf(directory);
    if (now === state) return;
    state = now;
    for (const [page, seen] of pages) send(page, seen, false);
  };
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}/`,
    ...(port === 0 || bound === port ? {} : { taken: port }),
    refresh,
    end: async () => {
      for (const [page, seen] of [...pages]) {
        send(page, seen, true);
        page.end();
      }
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 500).unref();
      });
    },
  };
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (port === 0 || (error.code !== 'EADDRINUSE' && error.code !== 'EACCES')) reject(error);
      else resolve(listen(server, 0));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}
