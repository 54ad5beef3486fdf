import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { armNamed, configureArm, protocol } from '@cppo/bench/experiments';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { configureRun } from './ablation-run.js';
import { planOf } from './bench-ablation.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-ablation-'));
  const objectives = { cppo: { seconds: 3 }, grpo: { seconds: 2 } };
  writeFileSync(join(root, 'cost.json'), JSON.stringify({ objectives }));
});
afterAll(() => rmSync(root, { recursive: true }));

const ablation = () => ({
  protocol,
  results: join(root, 'results.jsonl'),
  cost: join(root, 'cost.json'),
  runs: join(root, 'runs'),
  configure: configureRun,
});

const plans = [undefined, 'docs/results/perception/plan.yaml'].map((file) => [
  file,
  file && fileURLToPath(new URL(`../../../../${file}`, import.meta.url)),
]);

it.each(plans)('every arm of plan %s has settings that the trainer takes, each its own', async (_, file) => {
  const { protocol, tables } = await planOf(file);
  const seen = new Map<string, string>();
  for (const arm of new Set(tables.flatMap((table) => table.arms))) {
    const { config } = await configureArm({ arm, seed: 1 }, { ...ablation(), protocol });
    if (arm.training === 'none') continue;
    const text = JSON.stringify({ ...config, output: null });
    expect(seen.get(text), arm.name).toBeUndefined();
    seen.set(text, arm.name);
  }
});

it('GRPO of equal time has the steps that the configuration says, by the measured cost', async () => {
  const run = { arm: armNamed('grpo-equal-time'), seed: 1 };
  const { steps, splits } = await configureArm(run, ablation());
  expect(steps).toBe(75);
  expect(splits).toEqual(['in-domain', 'out-of-domain']);
});
