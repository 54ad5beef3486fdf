import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { cppo } from './command.js';

const root = mkdtempSync(join(tmpdir(), 'cppo-pairs-'));
afterAll(() => rmSync(root, { recursive: true }));

async function judge(content: string, ...more: string[]) {
  writeFileSync(join(root, 'pairs.jsonl'), content);
  return cppo(['reward', '--pairs', 'pairs.jsonl', ...more], { cwd: root });
}

const pair = JSON.stringify({ completion: '\\boxed{3}', answer: '3' });

it('reads lines with a byte order mark and both ends of line', async () => {
  const { code, stdout } = await judge(`\uFEFF${pair}\r\n\r\n${pair}\n`);
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).accuracy),
  ).toEqual([1, 1]);
  expect(code).toBe(0);
});

it('judges with the rewards that a run with this configuration has, and passes further columns', async () => {
  const module = 'export default () => ({ metadata, question }) => metadata.near * question.length;\n';
  writeFileSync(join(root, 'near.mjs'), module);
  const row = { completion: '\\boxed{3}', answer: '3', question: 'Why?', near: 0.5 };
  const functions = 'reward.functions=[boxed, {module: ./near.mjs, weight: 2}]';
  const { code, stdout } = await judge(JSON.stringify(row), '--set', functions);
  // By hand: 0.9 for the answer without its format, and 2 · 0.5 · 4.
  expect(JSON.parse(stdout)).toMatchObject({ reward: 4.9, accuracy: 1, format: 0, boxed: 0.9, near: 2 });
  expect(code).toBe(0);
  const told = await cppo(
    ['reward', '--completion', '\\boxed{3}', '--answer', '3', '--set', 'reward.accuracyWeight=2'],
    { cwd: root },
  );
  expect(told.stdout).toContain('reward 2   accuracy 1   format 0\n');
  const wrong = await judge(pair, '--set', 'reward.functon=boxed');
  expect(wrong).toMatchObject({
    code: 2,
    stderr: 'cppo: reward.functon: unknown key. Did you mean reward.function?\n',
  });
  const described = { completion: '<description>A 3.</description> \\boxed{3}', answer: '3' };
  const lacking = await judge(JSON.stringify(described), '--set', 'reward.function=vision-sr1');
  expect(lacking.code).toBe(2);
  expect(lacking.stderr).toMatch(/^cppo: reward: .*question/);
}, 60_000);

it.each([
  ['version https://git-lfs.github.com/spec/v1\n', [], 'pairs.jsonl:1: found a pointer of Git LFS'],
  ['{"completion":"a","answer":3}\n', [], 'pairs.jsonl:1: answer: found 3, expected'],
  ['{"completion":"a"}\n', [], 'pairs.jsonl:1: answer: found nothing, expected'],
  ['[]\n', [], 'pairs.jsonl:1: found [], expected'],
  ['\n', [], '--pairs: pairs.jsonl holds no line, expected'],
  [pair, ['--answer', '3'], '--answer: found it beside --pairs'],
  [pair, ['--pairs', '.'], '--pairs: . is a folder, expected JSON lines.'],
] as const)('%j %j: %s', async (content, more, sentence) => {
  const { code, stderr } = await judge(content, ...more);
  expect(stderr).toContain(`cppo: ${sentence}`);
  expect(code).toBe(2);
});
