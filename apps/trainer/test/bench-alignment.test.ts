import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alignment } from '@cppo/bench/experiments';
import { expect, it } from 'vitest';
import { cppo } from './command.js';

it('measures every pass of the shipped model with adapters, and leaves page, JSON and plot', async () => {
  const out = mkdtempSync(join(tmpdir(), 'cppo-alignment-'));
  try {
    const settings = ['engine.prefer=wasm', 'rollout.prompts=8', 'rollout.completions=4', 'lora={rank: 2}'];
    const { code, stderr } = await cppo([
      ...['bench', 'alignment', '--blocks', '4', '--steps', '1', '--only', 'pass', '--out', out],
      ...settings.flatMap((setting) => ['--set', setting]),
    ]);
    expect(stderr).not.toContain('Error');
    expect(code).toBe(0);
    const found = JSON.parse(readFileSync(join(out, 'alignment.json'), 'utf8')) as Alignment;
    expect(found.questions).toBe(32);
    expect(found.rows.map(({ family }) => family)).toEqual(['loss', 'pass', 'pass', 'pass', 'pass']);
    for (const { stepRatio, tokens } of found.rows) {
      expect(stepRatio).toBeGreaterThan(0);
      expect(tokens).toBe(found.rows[0]!.tokens);
    }
    expect(found.layers.map(({ layer }) => layer)).toContain('text 0');
    expect(['alignment.md', 'alignment.svg'].map((name) => existsSync(join(out, name)))).toEqual([
      true,
      true,
    ]);
  } finally {
    rmSync(out, { recursive: true });
  }
});

it.each([
  [['--only', 'passes'], '--only: found "passes", expected one of loss, pass, detector'],
  [['--blocks', '3'], '--blocks: found 3, expected 4 or more.'],
])('refuses %j', async (parameters, message) => {
  const { code, stderr } = await cppo(['bench', 'alignment', ...parameters]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
