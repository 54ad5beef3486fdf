import { request as httpRequest } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import type { ChatModel, SamplingOptions } from './chat-model.js';
import { type ChatServer, type ServeChatOptions, serveChat } from './serve-chat.js';

/** Prompts are texts, tokens are code points; it answers with the prompt, a letter at a time, and remembers its batches. */
function echo(
  milliseconds = 20,
): ChatModel<string> & { readonly batches: { prompts: string[]; options: SamplingOptions }[] } {
  const batches: { prompts: string[]; options: SamplingOptions }[] = [];
  return {
    batches,
    name: 'echo',
    context: 40,
    longest: 36,
    encode: (messages, pictures) => {
      if (pictures.some((bytes) => bytes.length < 3)) throw new RangeError('Picture 1 cannot be read.');
      const texts = messages.flatMap(({ content }) =>
        content.map((part) => (part.type === 'text' ? part.text : `[${pictures[0]?.join()}]`)),
      );
      return texts.join(' ');
    },
    lengthOf: (prompt) => prompt.length,
    decode: (tokens) => String.fromCodePoint(...tokens),
    async generate(prompts, options) {
      batches.push({ prompts: [...prompts], options });
      const sampled = prompts.map((prompt, i) =>
        Array.from({ length: options.completions }, (_, completion) => {
          const whole = Array.from(`${prompt}${completion}`, (letter) => letter.codePointAt(0) ?? 0);
          const tokens = whole.slice(0, options.maxTokens);
          for (const token of tokens) options.onToken({ prompt: i, completion, token, logProb: -0.5 });
          return {
            tokens,
            logProbs: tokens.map(() => -0.5),
            text: String.fromCodePoint(...tokens),
            truncated: tokens.length < whole.length,
          };
        }),
      );
      await new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, milliseconds);
        options.signal.addEventListener('abort', () => {
          clearTimeout(timer);
          reject(options.signal.reason);
        });
      });
      return sampled;
    },
  };
}

let server: ChatServer | undefined;
afterEach(() => server?.close());

async function serve(model: ChatModel<string>, options: ServeChatOptions = {}) {
  server = await serveChat(model, { port: 0, ...options });
  const { url } = server;
  return (body: unknown, init: RequestInit = {}) =>
    fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
    });
}

const hello = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] };
const picture = (base64: string) => ({
  type: 'image_url',
  image_url: { url: `data:image/png;base64,${base64}` },
});

it('answers with several completions, log-probabilities and usage', async () => {
  const ask = await serve(echo());
  const response = await ask({ ...hello, n: 2, logprobs: true, max_tokens: 6 });
  const body = await response.json();
  expect(response.status).toBe(200);
  expect(body).toMatchObject({
    object: 'chat.completion',
    model: 'echo',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'hello0' }, finish_reason: 'stop' },
      { index: 1, message: { role: 'assistant', content: 'hello1' }, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 5, completion_tokens: 12, total_tokens: 17 },
  });
  expect(body.choices[1].logprobs.content.at(-1)).toEqual({
    token: '1',
    logprob: -0.5,
    bytes: [49],
    top_logprobs: [],
  });
  const short = await (await ask({ ...hello, max_completion_tokens: 3 })).json();
  expect(short.choices).toMatchObject([
    { message: { content: 'hel' }, finish_reason: 'length', logprobs: null },
  ]);
});

it('passes pictures in their order among the text', async () => {
  const ask = await serve(echo());
  const content = [{ type: 'text', text: 'a' }, picture('AQID'), { type: 'text', text: 'b' }];
  const body = await (await ask({ ...hello, messages: [{ role: 'user', content }] })).json();
  expect(body.choices[0].message.content).toBe('a [1,2,3] b0');
});

it('streams letters as they are sampled, holds back what may become a stop text, and ends with the usage', async () => {
  const ask = await serve(echo());
  const asked = {
    ...hello,
    stream: true,
    stream_options: { include_usage: true },
    logprobs: true,
    stop: 'lox',
  };
  const text = await (await ask(asked)).text();
  const lines = text.trim().split('\n\n');
  expect(lines.pop()).toBe('data: [DONE]');
  const chunks = lines.map((line) => JSON.parse(line.slice('data: '.length)));
  expect(chunks[0].choices[0].delta).toEqual({ role: 'assistant', content: '' });
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 6 } });
  const choices = chunks.flatMap((chunk) => chunk.choices);
  expect(choices.map(({ delta }) => delta.content ?? '')).toEqual(['', 'h', 'e', 'l', 'l', 'o0']);
  expect(choices.flatMap(({ logprobs }) => logprobs?.content ?? [])).toHaveLength(6);
  expect(choices.map(({ finish_reason }) => finish_reason)).toEqual([null, null, null, null, null, 'stop']);
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  const cut = await (await ask({ ...hello, stop: ['x', 'lo'] })).json();
  expect(cut.choices[0].message.content).toBe('hel');
});

it('holds a load: 200 requests at once, in batches of equal settings, each with its own answer', async () => {
  const model = echo();
  const ask = await serve(model, { atOnce: 16 });
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const messages = [{ role: 'user', content: `question ${i}` }];
      const response = await ask({ model: 'echo', messages, temperature: i % 2, stream: i % 5 === 0 });
      const text = await response.text();
      return i % 5 === 0
        ? [...text.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join('')
        : JSON.parse(text).choices[0].message.content;
    }),
  );
  expect(answers).toEqual(Array.from({ length: 200 }, (_, i) => `question ${i}0`));
  const sizes = model.batches.map(({ prompts }) => prompts.length);
  expect(Math.max(...sizes)).toBeGreaterThan(8);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(16);
  expect(model.batches.length).toBeLessThan(60);
  for (const { prompts, options } of model.batches) {
    const parities = new Set(prompts.map((prompt) => Number(/\d+/.exec(prompt)?.[0]) % 2));
    expect([...parities]).toEqual([options.temperature]);
  }
});

it('samples a request with a seed alone, and tells more than can wait to come again', async () => {
  const model = echo();
  const ask = await serve(model, { mostWaiting: 2 });
  const responses = await Promise.all(Array.from({ length: 6 }, () => ask({ ...hello, seed: 7 })));
  const statuses = responses.map(({ status }) => status);
  expect(statuses).toContain(429);
  expect(statuses).toContain(200);
  expect(model.batches.every(({ prompts, options }) => prompts.length === 1 && options.seed === 7)).toBe(
    true,
  );
});

it('gives up what nobody waits for', async () => {
  const model = echo(1500);
  const ask = await serve(model);
  const leaving = new AbortController();
  const asked = ask(hello, { signal: leaving.signal }).catch(() => 'left');
  await expect.poll(() => model.batches.length).toBe(1);
  leaving.abort();
  expect(await asked).toBe('left');
  await expect.poll(() => model.batches[0]?.options.signal.aborted).toBe(true);
  expect((await ask(hello)).status).toBe(200);
});

it.each([
  ['{', 400, 'The body is not JSON.'],
  ['[]', 400, 'The body: '],
  [{ ...hello, messages: [] }, 400, 'messages: '],
  [{ ...hello, messages: [{ role: 'tool', content: 'x' }] }, 400, 'messages.0.role: '],
  [{ ...hello, temperature: 3 }, 400, 'temperature: '],
  [{ ...hello, n: 0 }, 400, 'n: '],
  [{ ...hello, tools: [] }, 400, 'The body: Unrecognized key: "tools"'],
  [{ ...hello, top_logprobs: 5, logprobs: true }, 400, 'top_logprobs: '],
  [{ ...hello, model: 'other' }, 404, 'model: found "other", expected "echo".'],
  [
    { ...hello, max_tokens: 36 },
    400,
    'The model takes 40 tokens, 36 of them a completion; found a prompt of 5 and a completion of up to 36.',
  ],
  [
    {
      ...hello,
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://x/a.png' } }] }],
    },
    400,
    'messages.0.content.0.image_url.url: found "http://x/a.png", expected data:image/…;base64,….',
  ],
  [
    { ...hello, messages: [{ role: 'user', content: [{ type: 'video_url', video_url: { url: 'a.mp4' } }] }] },
    400,
    'messages.0.content.0.type: found a part of type "video_url", expected text or image_url.',
  ],
  [{ ...hello, messages: [{ role: 'user', content: [picture('AQ==')] }] }, 400, 'Picture 1 cannot be read.'],
])('refuses %j as the protocol does', async (body, status, message) => {
  const ask = await serve(echo());
  const response = await ask(body);
  expect(response.status).toBe(status);
  const { error } = await response.json();
  expect(error.message).toContain(message);
  expect(error.type).toBe('invalid_request_error');
});

it('refuses what is too large, of another kind, in another place or for another host', async () => {
  const ask = await serve(echo(), { mostBytes: 1000 });
  const large = { ...hello, user: 'x'.repeat(100_000) };
  expect((await ask(large)).status).toBe(413);
  expect((await ask(hello, { headers: { 'content-type': 'text/plain' } })).status).toBe(415);
  const base = server?.url ?? '';
  expect((await fetch(`${base}/chat/completions`)).status).toBe(405);
  expect((await fetch(`${base}/completions`)).status).toBe(404);
  expect(await (await fetch(`${base}/models`)).json()).toMatchObject({
    data: [{ id: 'echo', object: 'model' }],
  });
  const host = await new Promise((resolve) => {
    httpRequest(`${base}/models`, { headers: { host: 'evil.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
  });
  expect(host).toBe(403);
  expect((await ask(hello)).status).toBe(200);
});

it('says what the model threw, and goes on', async () => {
  const model = echo();
  let broken = true;
  const ask = await serve({
    ...model,
    generate: (prompts, options) => {
      if (broken) throw new Error('out of memory');
      return model.generate(prompts, options);
    },
  });
  const response = await ask(hello);
  expect([response.status, (await response.json()).error]).toEqual([
    500,
    { message: 'out of memory', type: 'server_error', param: null, code: null },
  ]);
  const streamed = await (await ask({ ...hello, stream: true })).text();
  expect(streamed).toContain('"message":"out of memory"');
  broken = false;
  expect((await ask(hello)).status).toBe(200);
});

it('refuses an unknown option', async () => {
  await expect(serveChat(echo(), { prt: 1 } as object)).rejects.toThrow(/serveChat: .*prt/);
});
