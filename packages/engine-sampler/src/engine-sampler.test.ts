import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EngineSampler, type EngineSamplerOptions, engineSampler } from './engine-sampler.js';
import type { SamplingRequest, ShownPrompt } from './sampling.js';
import {
  type Fault,
  type StandIn,
  type StandInOptions,
  type StandInQuestion,
  standIn,
} from './stand-in/index.js';

const end = 9;
const imageToken = 7;
/** One picture of three tokens between two tokens of text. */
const ids = Int32Array.of(1, imageToken, imageToken, imageToken, 2);
const png = Uint8Array.of(137, 80, 78, 71);
const shown: ShownPrompt = {
  messages: [{ role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'how many?' }] }],
  pictures: [png],
};

/** Answers with 1, 2 and the end, and with four times 3, which the limit cuts off. */
const asked: StandInQuestion[] = [];
const model = {
  name: 'base',
  generate: (question: StandInQuestion) => {
    asked.push(question);
    const whole = { tokens: [1, 2, end], logProbs: [-0.5, -1, -0.25], truncated: false };
    const cut = { tokens: [3, 3, 3, 3], logProbs: [-1, -1, -1, -1], truncated: true };
    return { promptIds: [...ids], completions: [whole, cut] };
  },
};

const request: SamplingRequest = {
  policy: {
    tokenizer: { decode: (tokens) => `<${tokens}>`, stopIds: [end], imageTokenId: imageToken },
  },
  prompts: ['a', 'b'].map((id) => ({ id, prompt: { ids }, shown: async () => shown })),
  ...{ completions: 2, maxTokens: 4, temperature: 0.7, seed: 5 },
};

let root: string;
let servers: StandIn[];
let samplers: EngineSampler[];
let notices: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-engine-'));
  [servers, samplers, notices] = [[], [], []];
  asked.length = 0;
});
afterEach(async () => {
  await Promise.all(samplers.map((sampler) => sampler.close()));
  await Promise.all(servers.map((server) => server.close()));
  rmSync(root, { recursive: true });
});

async function serve(options: StandInOptions): Promise<StandIn> {
  const server = await standIn(model, options);
  servers.push(server);
  return server;
}

function sampling(
  kind: 'vllm' | 'sglang',
  urls: readonly string[],
  more: Partial<EngineSamplerOptions> = {},
): EngineSampler {
  const patience = { retries: 1, retrySeconds: 0.01, timeoutSeconds: 5 };
  const onNotice = (sentence: string) => notices.push(sentence);
  const sampler = engineSampler({
    kind,
    urls,
    model: 'base',
    adapters: root,
    onNotice,
    ...patience,
    ...more,
  });
  samplers.push(sampler);
  return sampler;
}

const saveAdapters = async (directory: string) => {
  await mkdir(directory, { recursive: true });
  writeFileSync(join(directory, 'adapter_config.json'), '{}');
};
const handOver = (sampler: EngineSampler, version: number) =>
  sampler.weightsChanged({ version, saveAdapters });

describe.each(['vllm', 'sglang'] as const)('completions from %s', (kind) => {
  it('come with ids, log-probabilities, texts and the version of the weights', async () => {
    const server = await serve({ kind });
    const sampler = sampling(kind, [server.url]);
    await sampler.open();
    await handOver(sampler, 3);
    const groups = await sampler.sample(request);
    expect(groups).toHaveLength(2);
    expect(groups[0]?.completions).toEqual([
      {
        tokens: Int32Array.of(1, 2, end),
        logProbs: Float32Array.of(-0.5, -1, -0.25),
        text: '<1,2,9>',
        truncated: false,
        version: 3,
      },
      {
        tokens: Int32Array.of(3, 3, 3, 3),
        logProbs: Float32Array.of(-1, -1, -1, -1),
        text: '<3,3,3,3>',
        truncated: true,
        version: 3,
      },
    ]);
  });

  it('are asked for with the text, the picture and all settings that decide what is sampled', async () => {
    const server = await serve({ kind });
    const sampler = sampling(kind, [server.url]);
    await handOver(sampler, 0);
    await sampler.sample(request);
    const [first, second] = asked;
    expect(first).toMatchObject({
      ...{ completions: 2, maxTokens: 4, temperature: 0.7, stopIds: [end] },
      adapter: join(root, server.adapters[0] ?? ''),
      pictures: [Buffer.from(png)],
    });
    if (kind === 'sglang') {
      // The server makes three image tokens of the one.
      expect(first?.prompt).toEqual({ ids: [1, imageToken, 2] });
    } else {
      expect(first?.prompt).toMatchObject({
        messages: [{ role: 'user', content: [{ type: 'image_url' }, { type: 'text', text: 'how many?' }] }],
        continued: false,
      });
      expect(first?.seed).not.toBe(second?.seed);
    }
  });

  it('continue an answer that has begun', async () => {
    const server = await serve({ kind });
    const sampler = sampling(kind, [server.url]);
    await handOver(sampler, 0);
    const begun = async (): Promise<ShownPrompt> => ({
      messages: [...shown.messages, { role: 'assistant', content: [{ type: 'text', text: 'There are' }] }],
      pictures: [png],
      continueFinalMessage: true,
    });
    await sampler.sample({ ...request, prompts: [{ id: 'a', prompt: { ids }, shown: begun }] });
    if (kind === 'vllm') expect(asked[0]?.prompt).toMatchObject({ continued: true });
    else expect(asked[0]?.prompt).toEqual({ ids: [1, imageToken, 2] });
  });

  it('come from adapters of new names, of which the servers and the disk keep two', async () => {
    const [one, two] = [await serve({ kind }), await serve({ kind })];
    const sampler = sampling(kind, [one.url, two.url]);
    for (const version of [0, 1, 2, 3]) await handOver(sampler, version);
    for (const { given, adapters } of [one, two]) {
      expect(new Set(given).size).toBe(4);
      expect(adapters).toEqual(given.slice(2));
    }
    expect(readdirSync(root).sort()).toEqual([...one.adapters].sort());
    // Another session never takes up a name.
    const other = sampling(kind, [one.url]);
    await handOver(other, 3);
    expect(new Set(one.given).size).toBe(5);
    await sampler.close();
    await other.close();
    expect(one.adapters).toEqual([]);
    expect(readdirSync(root)).toEqual([]);
  });

  it('go round the servers', async () => {
    const [one, two] = [await serve({ kind }), await serve({ kind })];
    const sampler = sampling(kind, [one.url, two.url]);
    await handOver(sampler, 0);
    await sampler.sample(request);
    expect([one.requests, two.requests]).toEqual([1, 1]);
  });

  it.each<[Fault, string]>([
    ['busy', '503'],
    ['broken-connection', 'a connection that breaks amid an answer'],
    ['aborted', 'an answer that was aborted'],
  ])('survive what passes: %s', async (fault) => {
    const server = await serve({ kind, fault, times: 1 });
    const sampler = sampling(kind, [server.url]);
    await handOver(sampler, 0);
    const [group] = await sampler.sample({ ...request, prompts: request.prompts.slice(0, 1) });
    expect(group?.completions).toHaveLength(2);
    expect(server.requests).toBe(2);
  });

  it('survive a server that is gone, by another', async () => {
    const [gone, there] = [await serve({ kind }), await serve({ kind })];
    const sampler = sampling(kind, [gone.url, there.url]);
    await handOver(sampler, 0);
    await gone.close();
    expect(await sampler.sample(request)).toHaveLength(2);
    expect(there.requests).toBe(2);
    await sampler.close();
    expect(notices).toEqual([
      expect.stringMatching(/^the adapter cppo-.*-0 was not unloaded: .*ECONNREFUSED/),
    ]);
    expect(there.adapters).toEqual([]);
  });

  it.each<[Fault, string]>([
    ['busy', 'status 503: {"error":"overloaded"}, in 2 attempts'],
    ['broken-connection', ', in 2 attempts'],
    ['aborted', 'completion 0 of prompt a ended by abort, in 2 attempts'],
    ['refused', 'status 400'],
    ['wrong-prompt', 'prompt a has 6 tokens there and 5 here, expected the same'],
    ['no-end', 'completion 0 of prompt a: found 1 as its last token, expected one of the end tokens 9'],
    ['end-in-the-middle', 'completion 0 of prompt a: found the end token 9 at 0 of 4, expected it last'],
    [
      'unequal-lengths',
      kind === 'vllm'
        ? 'completion 0 of prompt a: found 3 tokens with 2 log-probabilities, expected as many of each'
        : 'found 3 output_ids and 2 output_token_logprobs, expected the same tokens in both',
    ],
    ['too-few', 'found 1 completions of prompt a, expected 2'],
    ['cut-off', 'completion 0 of prompt a: found it cut off after 1 tokens, expected room for 4'],
  ])('are refused in one sentence: %s', async (fault, sentence) => {
    const server = await serve({ kind, fault });
    const sampler = sampling(kind, [server.url]);
    await handOver(sampler, 0);
    const asking = sampler.sample({ ...request, prompts: request.prompts.slice(0, 1) });
    const error = await asking.then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.name).toBe('EngineError');
    expect(error?.message).toContain(sentence);
    expect(error?.message).toContain(server.url);
    expect(error?.message).not.toContain('\n');
  });

  it('are given up when they take too long, and when the run is asked to stop', async () => {
    const server = await serve({ kind, fault: 'slow' });
    const hasty = sampling(kind, [server.url], { timeoutSeconds: 0.1, retries: 0 });
    await handOver(hasty, 0);
    await expect(hasty.sample(request)).rejects.toThrow('no answer within 0.1 s, in 1 attempt');
    const sampler = sampling(kind, [server.url]);
    await handOver(sampler, 0);
    const stop = new AbortController();
    const reason = new Error('Ctrl-C');
    setTimeout(() => stop.abort(reason), 50);
    await expect(sampler.sample({ ...request, signal: stop.signal })).rejects.toBe(reason);
  });

  it('wait for weights: none are sampled before', async () => {
    const server = await serve({ kind });
    await expect(sampling(kind, [server.url]).sample(request)).rejects.toThrow('no weights handed over');
  });

  it('need weights that arrive', async () => {
    const server = await serve({ kind, fault: 'not-loaded' });
    const refused = handOver(sampling(kind, [server.url]), 0);
    await expect(refused).rejects.toThrow(/were not taken \(.*No adapter found for .*under the same path/);
    const silent = await serve({ kind, fault: 'no-adapter' });
    const lost = handOver(sampling(kind, [silent.url]), 0);
    await expect(lost).rejects.toThrow(/found the (models base after|adapters none)/);
    const hanging = await serve({ kind, fault: 'silent' });
    const late = sampling(kind, [hanging.url], { timeoutSeconds: 0.1, retries: 0 });
    await expect(handOver(late, 0)).rejects.toThrow('no answer within 0.1 s');
    const gone = await serve({ kind });
    await gone.close();
    await expect(handOver(sampling(kind, [gone.url]), 0)).rejects.toThrow(/ECONNREFUSED.*in 2 attempts/);
  });

  it('come from servers of the model alone', async () => {
    const server = await serve({ kind });
    const other = sampling(kind, [server.url], { model: 'other' });
    await expect(other.open()).rejects.toThrow('found the models base, expected other among them');
  });
});

it('an answer by another adapter, or by none, is refused', async () => {
  const server = await serve({ kind: 'vllm', fault: 'base-model' });
  const sampler = sampling('vllm', [server.url]);
  await handOver(sampler, 0);
  await expect(sampler.sample(request)).rejects.toThrow(
    'found an answer by "base", expected one by the adapter cppo-',
  );
});

describe('log-probabilities of the servers', () => {
  const compared = (difference: number, current: boolean, untempered: number) => {
    const sampler = sampling('vllm', ['http://127.0.0.1:1']);
    return sampler.compared({ difference, current, untempered: async () => untempered });
  };

  it('may differ a little from the policy of the same weights, and from another as they like', async () => {
    await compared(0.09, true, 0.09);
    await compared(3, false, 0);
  });

  it('are refused when they differ by more, or are no numbers', async () => {
    const sentence = "differ from the policy's by 0.200 nats a token, expected at most 0.1";
    await expect(compared(0.2, true, 0.3)).rejects.toThrow(sentence);
    await expect(compared(Number.NaN, true, 0)).rejects.toThrow('NaN');
  });

  it('are refused when they are those before the temperature, however small the difference', async () => {
    await expect(compared(0.05, true, 0.001)).rejects.toThrow('are those before the temperature');
  });
});

it('the adapter is written where the servers look for it', async () => {
  const server = await serve({ kind: 'vllm' });
  const sampler = sampling('vllm', [`${server.url}/v1/`]);
  await handOver(sampler, 0);
  expect(existsSync(join(root, server.given[0] ?? '', 'adapter_config.json'))).toBe(true);
});

it('wrong options are refused by name', () => {
  const options = { kind: 'vllm', urls: ['http://localhost:8000'], model: 'base', adapters: root } as const;
  expect(() => engineSampler({ ...options, tollerance: 1 } as never)).toThrow('did you mean "tolerance"');
  expect(() => engineSampler({ ...options, urls: ['localhost:8000'] })).toThrow('the address of a server');
});
