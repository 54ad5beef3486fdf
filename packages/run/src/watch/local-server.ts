import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf } from '../system-error.js';

export interface LocalServer {
  readonly url: string;
  /** The port that was asked for and is taken; nothing when it was free. */
  readonly taken?: number;
  close(): Promise<void>;
}

/** Answers one request; what it throws costs this answer and no more. */
export type Answer = (path: string, request: IncomingMessage, response: ServerResponse) => void;

/**
 * Serves pages on this machine alone.
 *
 * @param port 0 takes any that is free; so does one that is taken.
 */
export async function startLocalServer(port: number, answer: Answer): Promise<LocalServer> {
  const server = createServer((request, response) => {
    response.on('error', () => response.destroy());
    try {
      // A page of another site could reach this port by a name of its own that resolves to this machine.
      const name = (request.headers.host ?? '').replace(/:\d+$/, '');
      if (name !== '127.0.0.1' && name !== 'localhost') response.writeHead(403).end();
      else if (request.method !== 'GET') response.writeHead(405).end();
      else answer(request.url?.split('?')[0] ?? '/', request, response);
    } catch (error) {
      // A file that is being written or was taken away.
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(messageOf(error));
    }
  });
  server.on('clientError', (_, socket) => socket.destroy());
  await listen(server, port);
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}/`,
    ...(port === 0 || bound === port ? {} : { taken: port }),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 500).unref();
      }),
  };
}

export function sendHtml(response: ServerResponse, html: string): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(html);
}

/** Begins a stream of events, once. */
export function startEvents(response: ServerResponse): void {
  if (response.headersSent) return;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
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
