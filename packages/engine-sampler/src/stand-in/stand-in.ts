import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { answerAsSglang, readSglang, type SglangRequest } from './as-sglang.js';
import { answerAsVllm, readVllm, type VllmRequest } from './as-vllm.js';
import type { StandInAnswer, StandInModel, StandInQuestion } from './stand-in-model.js';

/** How a stand-in misbehaves. */
export type Fault = (typeof faults)[number];

export const faults = [
  'wrong-prompt',
  'no-end',
  'end-in-the-middle',
  'unequal-lengths',
  'too-few',
  'cut-off',
  'aborted',
  'raw-log-probs',
  'busy',
  'broken-connection',
  'slow',
  'no-adapter',
  'not-loaded',
  'silent',
  'base-model',
  'refused',
] as const;

export interface StandInOptions {
  readonly kind: 'vllm' | 'sglang';
  /** 0, the default, takes any that is free. */
  readonly port?: number;
  /** How it misbehaves; not at all when left out. */
  readonly fault?: Fault;
  /** How many requests for completions the fault hits, the first ones; all when left out. */
  readonly times?: number;
}

/** A server that stands in for an engine. */
export interface StandIn {
  /** Such as http://127.0.0.1:8000. */
  readonly url: string;
  /** Names of the adapters that it holds. */
  readonly adapters: readonly string[];
  /** Names of all that it was ever given, in their order. */
  readonly given: readonly string[];
  /** Requests for completions so far. */
  readonly requests: number;
  close(): Promise<void>;
}

const schema = z.strictObject({
  kind: z.enum(['vllm', 'sglang']),
  port: z.int().min(0).max(65535).default(0),
  fault: z.enum(faults).optional(),
  times: z.int().positive().optional(),
});

/** Milliseconds that a slow one takes longer. */
const SLOW = 1000;

/**
 * Serves a model as vLLM or SGLang would as far as a sampler sees them, for tests without a graphics card; with a fault, as they
 * do when something is wrong.
 *
 * @param model what samples.
 * @param options the protocol, the port, and how it misbehaves.
 * @returns its address, and what it was given.
 * @throws RangeError when an option is unknown or wrong; the system's error when the port is taken.
 */
export async function standIn(model: StandInModel, options: StandInOptions): Promise<StandIn> {
  const { kind, port, fault, times = Number.POSITIVE_INFINITY } = parseOptions('standIn', schema, options);
  const held = new Map<string, string>();
  const given: string[] = [];
  let requests = 0;

  const complete = async (body: unknown, response: ServerResponse) => {
    const active = requests++ < times ? fault : undefined;
    if (active === 'busy') return send(response, { error: 'overloaded' }, 503);
    if (active === 'refused') return send(response, { error: { message: 'temperature: unknown' } }, 400);
    if (active === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW));
    const asked = kind === 'vllm' ? readVllm(body as VllmRequest) : readSglang(body as SglangRequest);
    if (asked.model !== model.name && !held.has(asked.model))
      return send(response, { error: { message: `The model ${asked.model} does not exist.` } }, 404);
    const answer = spoil(
      await model.generate({
        ...asked.question,
        adapter: active === 'base-model' ? undefined : held.get(asked.model),
      }),
      active,
      asked.question,
    );
    const reply =
      kind === 'vllm'
        ? answerAsVllm(answer, active === 'base-model' ? model.name : asked.model)
        : answerAsSglang(answer);
    if (active !== 'broken-connection') return send(response, reply);
    const text = JSON.stringify(reply);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  };

  const load = ({ lora_name: name, lora_path: path }: Loading, response: ServerResponse) => {
    if (fault === 'silent') return;
    if (fault === 'not-loaded') return refuse(response, name, `No adapter found for ${path}`);
    // A name that comes again would be answered from caches of the old weights.
    if (given.includes(name)) return refuse(response, name, `The adapter ${name} has already been loaded`);
    given.push(name);
    if (fault !== 'no-adapter') held.set(name, path);
    tell(response, `Success: LoRA adapter '${name}' added successfully.`);
  };
  const unload = ({ lora_name: name }: Loading, response: ServerResponse) => {
    if (!held.delete(name)) return refuse(response, name, `The adapter ${name} cannot be found`);
    tell(response, `Success: LoRA adapter '${name}' removed successfully.`);
  };
  const tell = (response: ServerResponse, sentence: string) => {
    if (kind === 'sglang')
      return send(response, { success: true, loaded_adapters: Object.fromEntries(held) });
    response.writeHead(200, { 'content-type': 'text/plain' }).end(sentence);
  };
  const refuse = (response: ServerResponse, name: string, why: string) =>
    kind === 'sglang'
      ? send(response, { success: false, error_message: why, loaded_adapters: Object.fromEntries(held) }, 400)
      : send(response, { error: { message: why, param: name } }, 400);

  const paths: Readonly<Record<string, (body: never, response: ServerResponse) => unknown>> =
    kind === 'vllm'
      ? {
          '/v1/chat/completions': complete,
          '/v1/load_lora_adapter': load,
          '/v1/unload_lora_adapter': unload,
        }
      : { '/generate': complete, '/load_lora_adapter': load, '/unload_lora_adapter': unload };

  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    if (path === '/v1/models') {
      const names = kind === 'vllm' ? [model.name, ...held.keys()] : [model.name];
      return send(response, { object: 'list', data: names.map((id) => ({ id, object: 'model' })) });
    }
    const work = paths[path];
    if (work === undefined) return send(response, { detail: 'Not Found' }, 404);
    try {
      await work((await readJson(request)) as never, response);
    } catch (error) {
      send(response, { error: { message: (error as Error).message } }, 400);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}`,
    get adapters() {
      return [...held.keys()];
    },
    given,
    get requests() {
      return requests;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Loading {
  readonly lora_name: string;
  readonly lora_path: string;
}

/** What a faulty engine makes of an answer. */
function spoil(answer: StandInAnswer, fault: Fault | undefined, { stopIds }: StandInQuestion) {
  const finish = (truncated: boolean) => (fault === 'aborted' ? 'abort' : truncated ? 'length' : 'stop');
  const { promptIds, completions } = answer;
  const other = (token: number) => (stopIds.includes(token) ? token : token + 1);
  return {
    // As when the image tokens of a picture are expanded twice.
    promptIds: fault === 'wrong-prompt' ? [...promptIds, promptIds.at(-1) ?? 0] : promptIds,
    completions: completions
      .slice(fault === 'too-few' ? 1 : 0)
      .map(({ tokens, logProbs, rawLogProbs = logProbs, truncated }) => {
        const whole = { tokens, logProbs, finish: finish(truncated) };
        switch (fault) {
          case 'no-end':
            return { ...whole, tokens: [...tokens.slice(0, -1), other(0)], finish: 'stop' };
          case 'end-in-the-middle':
            return { ...whole, tokens: [stopIds[0] ?? 0, ...tokens], logProbs: [-1, ...logProbs] };
          case 'unequal-lengths':
            return { ...whole, logProbs: logProbs.slice(1) };
          case 'cut-off':
            return { tokens: [other(0)], logProbs: [-1], finish: 'length' };
          case 'raw-log-probs':
            return { ...whole, logProbs: rawLogProbs };
          default:
            return whole;
        }
      }),
  };
}

function send(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString('utf8'));
}
