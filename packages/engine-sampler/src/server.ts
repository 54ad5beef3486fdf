import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError, PassingError } from './engine-error.js';
import type { Call } from './protocol.js';

/** Statuses of a server that starts, is busy or was replaced behind its address. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

export interface ServerOptions {
  readonly apiKey?: string | undefined;
  /** Seconds after which a request is given up. */
  readonly timeoutSeconds: number;
}

/** A server at an address. */
export class Server {
  /** Without a slash at the end, and without /v1. */
  readonly url: string;

  constructor(
    url: string,
    private readonly options: ServerOptions,
  ) {
    this.url = url.replace(/\/+$/, '').replace(/\/v1$/, '');
  }

  /**
   * Puts a request.
   *
   * @returns what it answered: JSON, or a text.
   * @throws PassingError when it may be put again; EngineError when it was refused; the signal's reason.
   */
  async call({ path, body }: Call, signal?: AbortSignal): Promise<unknown> {
    const { timeoutSeconds } = this.options;
    const late = AbortSignal.timeout(timeoutSeconds * 1000);
    const { status, text } = await this.#send(
      path,
      body,
      AbortSignal.any([late, ...(signal ? [signal] : [])]),
    ).catch((error: Error) => {
      signal?.throwIfAborted();
      const why = late.aborted ? `no answer within ${timeoutSeconds} s` : error.message || error.name;
      throw new PassingError(`${this.url}${path}: ${why}`);
    });
    if (status < 200 || status > 299) {
      const said = `${this.url}${path}: status ${status}: ${shortened(text)}`;
      throw passing.has(status) ? new PassingError(said) : new EngineError(said);
    }
    try {
      return JSON.parse(text);
    } catch {
      // A list of models and completions are JSON; a sentence is what some answer to a new adapter.
      return text;
    }
  }

  // Not by fetch, which gives up on an answer that takes five minutes.
  #send(
    path: string,
    body: object | undefined,
    signal: AbortSignal,
  ): Promise<{ status: number; text: string }> {
    const { apiKey } = this.options;
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const start = this.url.startsWith('https:') ? overHttps : overHttp;
    return new Promise((resolve, reject) => {
      const request = start(
        `${this.url}${path}`,
        {
          method: content === undefined ? 'GET' : 'POST',
          signal,
          headers: {
            ...(content && { 'content-type': 'application/json', 'content-length': content.length }),
            ...(apiKey && { authorization: `Bearer ${apiKey}` }),
          },
        },
        (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          // A connection that breaks in the middle of an answer is reported here, and by no end.
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString('utf8') }),
          );
        },
      );
      request.on('error', reject);
      request.end(content);
    });
  }
}

export interface Patience {
  /** Further attempts after one that failed in passing. */
  readonly retries: number;
  /** Seconds before the first of them; each later one waits twice as long, at most a minute. */
  readonly retrySeconds: number;
}

/**
 * Does something again while it fails in passing.
 *
 * @param work is given the number of the attempt, from 0.
 * @throws what the last attempt threw.
 */
export async function withPatience<T>(
  { retries, retrySeconds }: Patience,
  work: (attempt: number) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      if (attempt >= retries)
        throw new EngineError(`${error.message}, in ${attempt + 1} attempt${attempt === 0 ? '' : 's'}`);
    }
    await sleep(Math.min(60, retrySeconds * 2 ** attempt) * 1000, undefined, {
      ...(signal && { signal }),
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}

function shortened(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > 300 ? `${line.slice(0, 297)}…` : line || 'nothing said';
}
