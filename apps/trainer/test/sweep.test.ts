import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cppo } from './command.js';

const example = fileURLToPath(new URL('../../../examples/sweep.yaml', import.meta.url));
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-sweep-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const runs = ['grpo', 'cppo'].flatMap((type) => [1, 2].map((seed) => `type=${type}-seed${seed}`));

it('trains the example, goes on after Ctrl-C, and ends in the page of the comparison', async () => {
  const listed = await cppo(['sweep', example, '--dry-run'], { cwd: root });
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  expect(
    listed.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(':')[0])
      .sort(),
  ).toEqual(runs.toSorted());
  expect(existsSync(join(root, 'runs'))).toBe(false);

  const stopped = await cppo(['sweep', example], {
    cwd: root,
    onStart: (child) => {
      child.stdout?.on('data', (said) => {
        if (String(said).includes('1/4')) child.kill('SIGINT');
      });
    },
  });
  expect(stopped.code).toBe(130);
  expect(stopped.stdout.split('\n').at(-2)).toMatch(/^2\/4 type=cppo-seed1: stopped; /);

  const finished = await cppo(['sweep', example, '--jobs', '2'], { cwd: root });
  expect(finished).toMatchObject({ code: 0, stderr: '' });
  expect(finished.stdout).toMatch(/^4 runs, 1 of them done; /);
  expect(finished.stdout.match(/^\d\/4 .*: avg@2 [\d.]+ % → [\d.]+ %, /gm)).toHaveLength(3);
  const folder = join(root, 'runs', 'sweep');
  const made = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(made.map(({ name }) => name).sort()).toEqual(runs.toSorted());
  for (const name of runs) {
    expect(
      readFileSync(join(folder, name, 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n'),
    ).toHaveLength(2);
  }
  const page = readFileSync(join(folder, 'compare.html'), 'utf8');
  expect(page).toContain('type=cppo');
  expect(page).toContain('objective.type');
}, 300_000);

it('refuses a key that there is not before the first run, by file and run', async () => {
  const file = join(root, 'wrong.yaml');
  writeFileSync(file, 'grid: { optimizer.learningRte: [1e-4] }\n');
  expect(await cppo(['sweep', file], { cwd: root })).toMatchObject({
    code: 2,
    stdout: '',
    stderr: `cppo: ${file}, learningRte=0.0001-seed1: optimizer.learningRte: unknown key. Did you mean optimizer.learningRate?\n`,
  });
  expect(existsSync(join(root, 'runs', 'wrong'))).toBe(false);
  expect(await cppo(['sweep', 'none.yaml'], { cwd: root })).toMatchObject({
    code: 2,
    stderr: 'cppo: sweep: there is no file none.yaml.\n',
  });
}, 60_000);
