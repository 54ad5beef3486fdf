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
