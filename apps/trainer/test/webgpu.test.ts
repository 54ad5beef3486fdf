import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMetrics } from '@cppo/run';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cppo } from './command.js';

const minutes = 60_000;
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-webgpu-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const train = async (engine: string) => {
  const output = join(root, engine);
  const outcome = await cppo([
    ...['train', '--steps', '2'],
    ...[
      ...[`engine.prefer=${engine}`, 'engine.softwareAdapter=true'],
      // Few and short completions: an emulated adapter takes minutes. Without the gate they always carry the term.
      ...['rollout.prompts=2', 'rollout.completions=2', 'rollout.maxTokens=6', 'objective.cppo.gate=none'],
      ...['data.eval=none', `output=${output}`],
    ].flatMap((assignment) => ['--set', assignment]),
  ]);
  return { ...outcome, output };
};

it(
  'trains on WebGPU as on wasm',
  async (context) => {
    const card = await train('webgpu');
    if (card.code === 2 && card.stderr.includes('webgpu does not start')) context.skip(card.stderr.trim());
    expect(card.code, card.stderr).toBe(0);
    const processor = await train('wasm');
    expect(processor.code, processor.stderr).toBe(0);
    const [found, expected] = [card, processor].map(({ output }) =>
      readMetrics(join(output, 'metrics.jsonl')),
    );
    expect(found).toHaveLength(2);
    found!.forEach((step, i) => {
      for (const key of ['loss/total', 'loss/policy', 'loss/cppo', 'gradient/norm'] as const) {
        expect(Math.abs(step[key]! - expected![i]![key]!), key).toBeLessThan(1e-3);
      }
      expect(step['cppo/tokens']).toBe(expected![i]!['cppo/tokens']);
      expect(step['cppo/tokens']).toBeGreaterThan(0);
      expect(step['gradient/norm']).toBeGreaterThan(0);
    });
  },
  20 * minutes,
);
