import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  combineRewards,
  createJudge,
  createReward,
  lengthPenalty,
  overlongPenalty,
  repetitionPenalty,
  rewardBatch,
} from './index.js';

const input = { completion: '<think></think>\\boxed{2}', answer: '2' };

describe('combineRewards', () => {
  it('adds weighted parts and keeps those of the base', async () => {
    const reward = combineRewards(createReward(), {
      length: { part: lengthPenalty({ limit: 100 }), weight: 0.5 },
      bonus: { part: async () => 2 },
    });
    const result = await reward({ ...input, tokens: 50 });
    expect(result.reward).toBeCloseTo(1 - 0.25 + 2, 12);
    expect(result.parts).toEqual({ accuracy: 1, format: 1, length: -0.5, bonus: 2 });
    expect(result.why).toBe('the same text');
  });

  it('says what is wrong', async () => {
    const taken = combineRewards(createReward(), { format: { part: () => 1 } });
    await expect(taken(input)).rejects.toThrow('combineRewards: the base has a part format already.');
    const broken = combineRewards(createReward(), { extra: { part: () => Number.NaN } });
    await expect(broken(input)).rejects.toThrow('combineRewards: part extra is NaN.');
    const missing = combineRewards(createReward(), { length: { part: lengthPenalty({ limit: 1 }) } });
    await expect(missing(input)).rejects.toThrow(/lengthPenalty: the input has no tokens/);
    expect(() => lengthPenalty({ limit: 0 })).toThrow(
      'lengthPenalty: limit is 0; expected a whole number above 0.',
    );
  });
});

describe('penalties', () => {
  it('punishes overlong completions as DAPO does', () => {
    const penalty = overlongPenalty({ buffer: 20 });
    const at = (tokens: number) => penalty({ ...input, tokens, maxTokens: 100 });
    expect([0, 80, 85, 90, 100, 120].map(at)).toEqual([0, 0, -0.25, -0.5, -1, -1]);
    expect(() => penalty({ ...input, tokens: 1 })).toThrow(/neither options.limit nor maxTokens/);
    expect(overlongPenalty({ buffer: 2, limit: 10 })({ ...input, tokens: 9 })).toBe(-0.5);
  });

  it('punishes repeated n-grams', () => {
    const penalty = repetitionPenalty({ size: 2 });
    const of = (completion: string) => penalty({ ...input, completion });
    expect(of('a b c d')).toBe(0);
    expect(of('a b a b a b')).toBeCloseTo(2 / 5 - 1, 12);
    expect(of('A b\na  B')).toBeCloseTo(2 / 3 - 1, 12);
    expect(of('a')).toBe(0);
  });
});

describe('rewardBatch', () => {
  it('keeps the order and the limit of concurrency', async () => {
    let running = 0;
    let most = 0;
    const slow = async ({ answer }: { answer: string }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5 - Number(answer)));
      running--;
      return { reward: Number(answer), parts: { accuracy: 0, format: 0 } };
    };
    const inputs = [0, 1, 2, 3, 4].map((n) => ({ completion: '', answer: String(n) }));
    const results = await rewardBatch(slow, inputs, { concurrency: 2 });
    expect(results.map(({ reward }) => reward)).toEqual([0, 1, 2, 3, 4]);
    expect(most).toBe(2);
    expect(await rewardBatch(slow, [])).toEqual([]);
  });
});

describe('createJudge', () => {
  const server = (...replies: (string | number | null)[]) => {
    const requests: { url: string; init: RequestInit }[] = [];
    const fetch = async (url: unknown, init?: RequestInit) => {
      requests.push({ url: String(url), init: init! });
      const reply = replies[requests.length - 1];
      if (typeof reply === 'number') return new Response('', { status: reply });
      return Response.json({ choices: [{ message: { content: reply } }] });
    };
    return { fetch: fetch as typeof globalThis.fetch, requests };
  };

  it('asks an OpenAI-compatible server', async () => {
    const { fetch, requests } = server('Yes.');
    const equal = createJudge({ baseUrl: 'http://localhost:1/v1/', model: 'm', apiKey: 'k', fetch });
    const reward = createReward({ equal });
    const result = await reward({ ...input, question: 'How many?' });
    expect(result).toMatchObject({ reward: 1, why: 'the judge m says yes' });
    expect(requests[0]!.url).toBe('http://localhost:1/v1/chat/completions');
    expect(requests[0]!.init.headers).toMatchObject({ authorization: 'Bearer k' });
    const body = JSON.parse(requests[0]!.init.body as string);
    expect(body).toMatchObject({ model: 'm', temperature: 0 });
    expect(body.messages[0].content).toContain('How many?');
  });

  it('tries again, and fails loudly in the end', async () => {
    const recovering = server(500, 'perhaps', 'no');
    const equal = createJudge({ baseUrl: 'http://a', model: 'm', fetch: recovering.fetch });
    expect(await equal('1', '2')).toEqual({ equal: false, why: 'the judge m says no' });
    expect(recovering.requests).toHaveLength(3);
    const broken = createJudge({ baseUrl: 'http://a', model: 'm', retries: 0, fetch: server(null).fetch });
    await expect(broken('1', '2')).rejects.toThrow(
      /createJudge: http:\/\/a\/chat\/completions gave no verdict in 1 attempts/,
    );
  });

  it('talks to a server: errors, silence and retries', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      if (seen.length === 1) response.writeHead(503).end('busy');
      else if (seen.length === 2)
        return; // no word: the client gives up waiting
      else response.end(JSON.stringify({ choices: [{ message: { content: 'Yes' } }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const baseUrl = `http://127.0.0.1:${port}/v1`;
    try {
      const equal = createJudge({ baseUrl, model: 'm', apiKey: 'secret', timeout: 500 });
      expect(await equal('1', '2')).toEqual({ equal: true, why: 'the judge m says yes' });
      expect(seen).toEqual(['Bearer secret', 'Bearer secret', 'Bearer secret']);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    const refused = createJudge({ baseUrl, model: 'm', retries: 1 });
    await expect(refused('1', '2')).rejects.toThrow(
      `${baseUrl}/chat/completions gave no verdict in 2 attempts`,
    );
  });

  it('gives up waiting', async () => {
    const never = (_: unknown, init?: RequestInit) =>
      new Promise<Response>((_resolve, reject) => {
        init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason));
      });
    const equal = createJudge({
      baseUrl: 'http://a',
      model: 'm',
      timeout: 5,
      retries: 0,
      fetch: never as typeof fetch,
    });
    await expect(equal('1', '2')).rejects.toThrow(/no verdict/);
  });
});
