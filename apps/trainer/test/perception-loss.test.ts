import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMetrics } from '@cppo/run';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cppo } from './command.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-perception-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Figures of the first step of a small run. */
async function firstStep(name: string, ...settings: readonly string[]) {
  const output = join(root, name);
  const small = ['steps=1', 'data.eval=none', 'rollout.prompts=8', 'rollout.completions=4', 'loggers=[]'];
  const { code, stderr } = await cppo([
    'train',
    ...[...small, 'engine.prefer=wasm', `output=${output}`, ...settings].flatMap((one) => ['--set', one]),
  ]);
  expect(stderr).not.toContain('cppo: ');
  expect(code).toBe(0);
  return readMetrics(join(output, 'metrics.jsonl'))[0]! as Readonly<Record<string, number>>;
}

it('holds the loss at a share of the norm, over a share of the groups, whatever the micro-batch', async () => {
  const settings = ['objective.cppo.coefficient={share: 0.1}', 'objective.cppo.detector=shift'];
  const whole = await firstStep('whole', ...settings);
  const parts = await firstStep('parts', ...settings, 'microBatch=3');
  expect(whole['cppo/coefficient']).toBeGreaterThan(0);
  for (const figure of ['cppo/coefficient', 'cppo/tokens', 'loss/total', 'gradient/norm']) {
    expect(parts[figure]! / whole[figure]!, figure).toBeCloseTo(1, 2);
  }
  const drawn = await firstStep('drawn', ...settings, 'objective.cppo.share=0.5');
  expect(drawn['cppo/gated']).toBeGreaterThan(0);
  expect(drawn['cppo/gated']).toBeLessThan(whole['cppo/gated']!);
});

it('takes the tokens that are known to come from the picture', async () => {
  const detected = await firstStep('detected');
  const known = await firstStep('known', 'objective.cppo.tokens=known');
  expect(known['cppo/gated']).toBe(detected['cppo/gated']);
  // An answer adds two digits that it reads.
  expect(known['cppo/tokens']).toBeGreaterThan(0);
  expect(known['cppo/tokens']).toBeLessThanOrEqual(2 * known['cppo/gated']!);
});
