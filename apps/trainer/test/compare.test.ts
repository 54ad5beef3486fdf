import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cppo } from './command.js';

const run = fileURLToPath(new URL('../../../packages/run/test/__fixtures__/run', import.meta.url));
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-compare-'));
  for (const [name, objective] of [
    ['one', 'grpo'],
    ['two', 'cppo'],
  ] as const) {
    cpSync(run, join(root, 'runs', name), { recursive: true });
    const file = join(root, 'runs', name, 'config.json');
    const config = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...config, objective: { ...config.objective, type: objective } }));
  }
});
afterAll(() => rmSync(root, { recursive: true }));

it('tags runs, lists those with a tag, and compares them on a page', async () => {
  const tagged = await cppo(['tag', 'runs/two', '--add', 'keep', '--note', 'as published'], { cwd: root });
  expect(tagged).toMatchObject({ code: 0, stdout: 'runs/two #keep as published\n' });
  const listed = await cppo(['runs', '--tag', 'keep', '--json'], { cwd: root });
  expect(JSON.parse(listed.stdout)).toMatchObject([{ name: 'two', objective: 'cppo', tags: ['keep'] }]);
  const compared = await cppo(['compare', 'runs/two', 'runs', '--json'], { cwd: root });
  expect(compared).toMatchObject({ code: 0, stderr: '' });
  const { arms, settings, runs } = JSON.parse(compared.stdout);
  expect(arms.map(({ name }: { name: string }) => name)).toEqual(['two', 'one']);
  expect(arms[1].difference).toMatchObject({ value: 0, paired: 'none' });
  expect(settings).toEqual([{ key: 'objective.type', values: ['cppo', 'grpo'] }]);
  expect(runs).toHaveLength(2);
  expect(readFileSync(join(root, 'compare.html'), 'utf8')).toContain('as published');
}, 60_000);

it('serves a folder of runs', async () => {
  let page: Promise<string> | undefined;
  const { code, stderr } = await cppo(['watch', join(root, 'runs'), '--port', '0'], {
    onStart: (child) => {
      child.stdout?.once('data', (url) => {
        page = fetch(String(url).trim()).then((response) => response.text());
        page.finally(() => child.kill('SIGINT'));
      });
    },
  });
  expect(await page).toContain('<a href="run/');
  expect(stderr).toContain('Shows the runs of this folder, also those to come; Ctrl-C ends.');
  expect(code).toBe(0);
}, 60_000);

it.each([
  [['compare', 'runs/one'], 'compare: found one run, expected two or more.'],
  [['compare', 'runs/one', 'none'], 'none: found no folder that can be read (ENOENT).'],
  [['tag', 'runs', '--add', 'x'], 'runs holds no run: there is no config.json in it.'],
  [['tag', 'runs/one', '--add', 'a b'], 'tag: found "a b", expected a word without white space or commas.'],
  [['runs', 'none'], 'none: found no folder that can be read (ENOENT).'],
])(
  'refuses %j in a sentence',
  async (parameters, sentence) => {
    expect(await cppo(parameters, { cwd: root })).toMatchObject({ code: 2, stderr: `cppo: ${sentence}\n` });
  },
  60_000,
);
