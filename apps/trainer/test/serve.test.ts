// A served model answers over the protocol as it does inside. Needs a build (`npm run build`).
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cppo } from './command.js';

const program = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const picture = fileURLToPath(
  new URL('../../../packages/dataset/src/__fixtures__/logicvista/images/v1_0.png', import.meta.url),
);
let child: ChildProcess;
let url: string;

beforeAll(async () => {
  child = spawn(
    process.execPath,
    [program, 'serve', '--model', 'tiny', '--port', '0', '--max-tokens', '64'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (said) => resolve(String(said).trim()));
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
}, 120_000);
afterAll(() => child.kill('SIGINT'));

const image = { url: `data:image/png;base64,${readFileSync(picture).toString('base64')}` };
const content = [
  { type: 'image_url', image_url: image },
  { type: 'text', text: 'What is red plus blue?' },
];
const ask = (more: object) =>
  fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tiny', messages: [{ role: 'user', content }], max_tokens: 24, ...more }),
  });

it('answers about a picture as generate does, whole and streamed, with the log-probabilities of score', async () => {
  const options = ['--model', 'tiny', '--image', picture, '--prompt', 'What is red plus blue?'];
  const whole = await (await ask({ temperature: 0, logprobs: true })).json();
  const { message, logprobs } = whole.choices[0];
  const { stdout } = await cppo(['generate', ...options, '--max-tokens', '24', '--json']);
  expect(message.content).toBe(JSON.parse(stdout).text);
  const scored = await cppo(['score', ...options, '--completion', message.content, '--json']);
  const { logProbs } = JSON.parse(scored.stdout);
  const served = logprobs.content
    .map(({ logprob }: { logprob: number }) => logprob)
    .slice(0, logProbs.length);
  for (const [i, logProb] of logProbs.entries()) expect(served[i]).toBeCloseTo(logProb, 3);
  const streamed = await (await ask({ temperature: 0, stream: true })).text();
  const pieces = [...streamed.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)].map(([, piece]) =>
    JSON.parse(piece ?? '""'),
  );
  expect(pieces.length).toBeGreaterThan(2);
  expect(pieces.join('')).toBe(message.content);
}, 120_000);

it('answers many at once', async () => {
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, i) => ask({ n: (i % 3) + 1, temperature: 1 })),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  const bodies = await Promise.all(answers.map((answer) => answer.json()));
  expect(bodies.map(({ choices }) => choices.length)).toEqual(bodies.map((_, i) => (i % 3) + 1));
}, 120_000);

it('refuses bytes that are no picture, and goes on', async () => {
  const broken = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }];
  const response = await ask({ messages: [{ role: 'user', content: broken }] });
  expect(response.status).toBe(400);
  expect((await response.json()).error.message).toMatch(/^Picture 1: /);
  expect((await ask({ max_tokens: 1 })).status).toBe(200);
}, 60_000);

it('says that its port is taken', async () => {
  const { port } = new URL(url);
  const { code, stderr } = await cppo(['serve', '--model', 'tiny', '--port', port]);
  expect(code).toBe(2);
  expect(stderr).toContain(`cppo: --port, --host: 127.0.0.1:${port} cannot be listened at (EADDRINUSE).`);
}, 60_000);
