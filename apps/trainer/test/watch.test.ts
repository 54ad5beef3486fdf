import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cppo } from './command.js';

const run = fileURLToPath(new URL('../../../packages/run/test/__fixtures__/run', import.meta.url));
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-watch-'));
});
afterAll(() => rmSync(root, { recursive: true }));

it('serves the page while it trains, breaks off with its readers, and ends with the run', async () => {
  const settings = [
    'rollout.prompts=2',
    'rollout.completions=2',
    'data.eval=none',
    `output=${join(root, 'run')}`,
  ];
  let page: Promise<string> | undefined;
  let events: Promise<string> | undefined;
  const { code, stderr } = await cppo(
    ['train', '--watch', '0', '--steps', '2', ...settings.flatMap((each) => ['--set', each])],
    {
      onStderr: (said) => {
        const url = /^watch +(\S+)/m.exec(said)?.[1];
        if (url === undefined || page !== undefined) return;
        page = fetch(url).then((response) => response.text());
        // One reader that stays to the end, and one that goes.
        events = fetch(new URL('events', url)).then((response) => response.text());
        const leaving = new AbortController();
        fetch(new URL('events', url), { signal: leaving.signal }).then(
          () => leaving.abort(),
          () => {},
        );
      },
    },
  );
  expect(stderr).toMatch(/^watch +http:\/\/127\.0\.0\.1:\d+\/$/m);
  expect(code).toBe(0);
  expect(await page).toContain('<title>run</title>');
  const last = JSON.parse((await events)!.trim().split('\n').at(-1)!.slice('data: '.length));
  expect(last.ended).toBe(true);
  expect(last.series.steps).toEqual([1, 2]);
}, 120_000);

it('says that the port which was asked for is taken, and where it serves instead', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { stdout, stderr } = await cppo(['watch', run, '--port', String(port)], {
    onStderr: (said, child) => said.includes('Ctrl-C ends') && child.kill('SIGINT'),
  });
  other.close();
  expect(stderr).toContain(`--port: ${port} is taken, so the page is served at a free one.`);
  expect(stdout).toMatch(/^http:/);
  expect(stdout).not.toContain(`:${port}/`);
}, 60_000);

it('serves a run that no process is at work on until it is stopped', async () => {
  let status: Promise<number> | undefined;
  const { code, stdout, stderr } = await cppo(['watch', run, '--port', '0'], {
    onStart: (child) => {
      child.stdout!.once('data', (url) => {
        status = fetch(String(url).trim()).then((response) => response.status);
        status.finally(() => child.kill('SIGINT'));
      });
    },
  });
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/);
  expect(stderr).toContain('No process is at work on this run; Ctrl-C ends.');
  expect(await status).toBe(200);
  expect(code).toBe(0);
}, 60_000);
