import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { requireNames } from '@cppo/checked-options';
import { cutAt, finishReason, GrowingText, type LoggedToken, logProbsOf } from './answer.js';
import { Batches } from './batches.js';
import type { ChatModel, Sampled } from './chat-model.js';
import { type ChatRequest, readChatRequest } from './chat-request.js';
import { ProtocolError } from './protocol-error.js';

export interface ServeChatOptions {
  /** 0 takes any that is free. Default 8000. */
  readonly port?: number;
  /** Address to listen at. Default 127.0.0.1, this machine alone. */
  readonly host?: string;
  /** Completions sampled at once. Default 8. */
  readonly atOnce?: number;
  /** Requests that may wait; further ones are told to come again. Default 256. */
  readonly mostWaiting?: number;
  /** Bytes of a request. Default 32 MiB. */
  readonly mostBytes?: number;
}

export interface ChatServer {
  /** Base address for clients: `http://127.0.0.1:8000/v1`. */
  readonly url: string;
  /** Stops serving; what is being sampled is given up. */
  close(): Promise<void>;
}

/**
 * Serves a model over the chat interface of OpenAI: `POST /v1/chat/completions` with pictures as data addresses, streams,
 * log-probabilities and several completions; `GET /v1/models`; `GET /health`. What the model cannot do is refused by name.
 *
 * @param model what answers.
 * @param options where to listen, and how much to take.
 * @returns the address, and how to stop.
 * @throws RangeError for an unknown option; the system's error when the port is taken.
 */
export async function serveChat<P>(model: ChatModel<P>, options: ServeChatOptions = {}): Promise<ChatServer> {
  requireNames('serveChat', options, {
    ...{ port: true, host: true, atOnce: true, mostWaiting: true, mostBytes: true },
  });
  const {
    port = 8000,
    host = '127.0.0.1',
    atOnce = 8,
    mostWaiting = 256,
    mostBytes = 32 * 2 ** 20,
  } = options;
  const batches = new Batches(model, atOnce);
  const ending = new AbortController();
  const local = host === '127.0.0.1' || host === 'localhost';
  const created = Math.floor(Date.now() / 1000);

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    // A page of another site could reach this port by a name of its own that resolves to this machine.
    const name = (request.headers.host ?? '').replace(/:\d+$/, '');
    if (local && name !== '127.0.0.1' && name !== 'localhost') throw new ProtocolError(403, 'Unknown host.');
    const path = request.url?.split('?')[0];
    if (path === '/health') return send(response, { status: 'ok' });
    if (path === '/v1/models') {
      const entry = { id: model.name, object: 'model', created, owned_by: 'cppo' };
      return send(response, { object: 'list', data: [entry] });
    }
    if (path !== '/v1/chat/completions') throw new ProtocolError(404, `There is nothing at ${path}.`);
    if (request.method !== 'POST') throw new ProtocolError(405, `Found ${request.method}, expected POST.`);
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
      throw new ProtocolError(415, 'Content-Type: expected application/json.');
    const asked = readChatRequest(await readBody(request, mostBytes));
    if (asked.model !== model.name) {
      const message = `model: found ${JSON.stringify(asked.model)}, expected ${JSON.stringify(model.name)}.`;
      throw new ProtocolError(404, message, 'model_not_found', 'model');
    }
    if (batches.length >= mostWaiting)
      throw new ProtocolError(429, `${mostWaiting} requests wait; come again later.`, 'rate_limit_exceeded');
    await complete(model, batches, asked, response, ending.signal);
  };

  const server = createServer((request, response) => {
    response.on('error', () => response.destroy());
    answer(request, response).catch((error: unknown) => {
      const known =
        error instanceof ProtocolError
          ? error
          : new ProtocolError(500, error instanceof Error ? error.message : String(error));
      if (response.headersSent) response.end(`data: ${JSON.stringify(known.body())}\n\n`);
      else send(response, known.body(), known.status);
    });
  });
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host}:${bound}/v1`,
    close: () =>
      new Promise<void>((resolve) => {
        ending.abort(new ProtocolError(503, 'The server is stopping.'));
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 500).unref();
      }),
  };
}

function send(response: ServerResponse, body: object, status = 200): void {
  if (response.destroyed) return;
  // What is left of a body that was not read must not be taken for the next request.
  const headers = { 'content-type': 'application/json', ...(status === 413 && { connection: 'close' }) };
  response.writeHead(status, headers).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage, most: number): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    size += piece.length;
    if (size > most) throw new ProtocolError(413, `The request is larger than ${most} bytes.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Samples what was asked for, and answers whole or token by token. */
async function complete<P>(
  model: ChatModel<P>,
  batches: Batches<P>,
  asked: ChatRequest,
  response: ServerResponse,
  ending: AbortSignal,
): Promise<void> {
  const { stop, stream, withUsage, withLogProbs, completions, temperature, topP, topK, seed } = asked;
  const prompt = await encode(model, asked);
  const length = model.lengthOf(prompt);
  const room = Math.min(model.longest, model.context - length);
  if (room < (asked.maxTokens ?? 1)) {
    const message = `The model takes ${model.context} tokens, ${model.longest} of them a completion; found a prompt of ${length} and a completion of up to ${asked.maxTokens ?? 1}.`;
    throw new ProtocolError(400, message, 'context_length_exceeded', 'messages');
  }
  const decode = (tokens: number[]) => model.decode(tokens);
  const head = {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: model.name,
  };
  const chunk = (choices: readonly object[], more: object = {}) => {
    response.write(
      `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, ...more })}\n\n`,
    );
  };
  const texts = Array.from({ length: completions }, () => new GrowingText(decode, stop));
  const untold: LoggedToken[][] = texts.map(() => []);
  const tell = (index: number, content: string, finish: string | null) => {
    const tokens = untold[index]?.splice(0) ?? [];
    const logprobs = withLogProbs ? { logprobs: logProbsOf(tokens, decode) } : {};
    chunk([{ index, delta: content === '' ? {} : { content }, finish_reason: finish, ...logprobs }]);
  };
  if (stream) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    for (const index of texts.keys())
      chunk([{ index, delta: { role: 'assistant', content: '' }, finish_reason: null }]);
  }
  const gone = new AbortController();
  response.on('close', () => gone.abort(new Error('The client is gone.')));
  const settings = {
    ...{ completions, temperature, maxTokens: asked.maxTokens ?? room },
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(seed === undefined ? {} : { seed }),
  };
  const sampled = await batches.sample(prompt, settings, AbortSignal.any([gone.signal, ending]), (event) => {
    if (!stream) return;
    untold[event.completion]?.push(event);
    const content = texts[event.completion]?.add(event.token) ?? '';
    if (content !== '') tell(event.completion, content, null);
  });
  const usage = usageOf(length, sampled);
  if (!stream) {
    const choices = sampled.map((each, index) => ({
      index,
      message: { role: 'assistant', content: cutAt(each.text, stop) ?? each.text },
      finish_reason: finishReason(each, stop),
      logprobs: withLogProbs ? logProbsOf(loggedTokens(each), decode) : null,
    }));
    return send(response, { ...head, object: 'chat.completion', choices, usage });
  }
  for (const [index, each] of sampled.entries()) {
    tell(index, texts[index]?.finish(each.text) ?? '', finishReason(each, stop));
  }
  if (withUsage) chunk([], { usage });
  response.end('data: [DONE]\n\n');
}

async function encode<P>(model: ChatModel<P>, { messages, pictures }: ChatRequest): Promise<P> {
  try {
    return await model.encode(messages, pictures);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ProtocolError(400, error.message, null, 'messages');
  }
}

function loggedTokens({ tokens, logProbs }: Sampled): LoggedToken[] {
  return Array.from(tokens, (token, i) => ({ token, logProb: logProbs[i] ?? Number.NaN }));
}

function usageOf(prompt: number, sampled: readonly Sampled[]): object {
  const completion = sampled.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
