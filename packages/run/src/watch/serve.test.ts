import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { get, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeWholeFile } from '../directory/whole-file.js';
import { type ServedRun, serveRun } from './serve.js';

const fixture = fileURLToPath(new URL('../../test/__fixtures__/run', import.meta.url));
let root: string;
let served: ServedRun;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'cppo-serve-'));
  cpSync(fixture, root, { recursive: true });
  served = await serveRun(root, { port: 0, going: () => true });
});
afterEach(async () => {
  await served.end();
  rmSync(root, { recursive: true });
});

/** Reads events as they come. */
async function* events(path: string): AsyncGenerator<{ steps: number[]; groups: number[]; ended: boolean }> {
  const response = await fetch(new URL(path, served.url));
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(piece, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const { series, groups, ended } = JSON.parse(/data: (.*)/.exec(text.slice(0, end))![1]!);
      yield { steps: series.steps, groups: groups.map(({ step }: { step: number }) => step), ended };
      text = text.slice(end + 2);
    }
  }
}

it('tells what is new, from where a page stands, and ends', async () => {
  const stream = events('events?after=15');
  const first = (await stream.next()).value!;
  expect(first.steps).toHaveLength(30);
  expect(first.groups).toEqual([30, 30]);
  appendFileSync(join(root, 'metrics.jsonl'), '{"step":31,"reward/mean":1}\n{"step":32,"rew');
  served.refresh();
  served.refresh();
  const second = (await stream.next()).value!;
  expect(second.steps.at(-1)).toBe(31);
  expect(second.groups).toEqual([]);
  const end = served.end();
  expect((await stream.next()).value!.ended).toBe(true);
  expect((await stream.next()).done).toBe(true);
  await end;
});

it('takes a free port where one is taken', async () => {
  const port = Number(new URL(served.url).port);
  const second = await serveRun(root, { port, going: () => false });
  expect(new URL(second.url).port).not.toBe(String(port));
  expect((await fetch(second.url)).status).toBe(200);
  await second.end();
});

it('outlives a page that breaks off, and files that cannot be read', async () => {
  await new Promise<void>((resolve) => {
    const broken = get(new URL('events', served.url), (response) => {
      response.destroy();
      resolve();
    });
    broken.on('error', () => {});
  });
  appendFileSync(join(root, 'metrics.jsonl'), '{"step":31}\n');
  served.refresh();
  writeWholeFile(join(root, 'config.json'), '{');
  expect((await fetch(served.url)).status).toBe(500);
  expect((await fetch(new URL('events', served.url))).status).toBe(500);
  writeWholeFile(join(root, 'config.json'), '{"rollout":{"prompts":2}}');
  expect((await events('events').next()).value!.steps).toHaveLength(31);
});

it('answers only those who ask for this machine by its own name', async () => {
  const asked = (headers: Record<string, string>, method = 'GET', path = '/') =>
    new Promise<number>((resolve) => {
      request(new URL(path, served.url), { headers, method }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      }).end();
    });
  expect(await asked({})).toBe(200);
  expect(await asked({ host: 'evil.example' })).toBe(403);
  expect(await asked({}, 'POST')).toBe(405);
  expect(await asked({}, 'GET', '/metrics.jsonl')).toBe(404);
});
