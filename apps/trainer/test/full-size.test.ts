import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cppo } from './command.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-full-size-'));
});
afterAll(() => rmSync(root, { recursive: true }));

describe('memory', () => {
  it('is said by a dry run, which reads no weight and writes nothing', async () => {
    const output = join(root, 'dry');
    const lora = ['--set', 'lora.rank=8', '--set', `output=${output}`, '--set', 'engine.prefer=wasm'];
    const { code, stdout, stderr } = await cppo(['train', '--dry-run', ...lora, '--weights', 'nf4']);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^numbers {4}weights nf4, activations float32, cache float32$/m);
    expect(stdout).toMatch(/^memory {5}up to about .* of .* \(\d+ MB weights, .*, 250 MB the program\)/m);
    expect(() => readFileSync(join(output, 'config.json'))).toThrow('ENOENT');
  });

  it('that a flag sets is a limit of every command, with what would fit', async () => {
    for (const words of [
      ['train'],
      ['train', '--dry-run'],
      ['score', '--model', 'tiny', '--prompt', 'a', '--completion', 'b'],
      ['generate', '--model', 'tiny', '--prompt', 'a'],
      ['eval', '--model', 'tiny', '--data', 'builtin:digits'],
    ]) {
      const { code, stderr } = await cppo([...words, '--memory', '100MB']);
      expect([words, code], stderr).toEqual([words, 2]);
      expect(stderr).toMatch(/take(s)? about|they take/);
      expect(stderr).toContain('but --memory allows 100 MB');
    }
  });

  it('of a wrong size or a wrong format is refused', async () => {
    const score = ['score', '--model', 'tiny', '--prompt', 'a', '--completion', 'b'];
    const size = await cppo([...score, '--memory', '12']);
    expect([size.code, size.stderr]).toEqual([2, expect.stringContaining('Expected a size such as 12GB')]);
    const format = await cppo([...score, '--weights', 'int3']);
    expect([format.code, format.stderr]).toEqual([
      2,
      expect.stringContaining('float32, bfloat16, int8, nf4'),
    ]);
    const key = await cppo(['config', '--set', 'engine.memory=12']);
    expect([key.code, key.stderr]).toEqual([2, expect.stringContaining('engine.memory')]);
  });
});

it('the numbers of a model stand in its reports', async () => {
  const words = ['--model', 'tiny', '--weights', 'int8', '--engine', 'wasm'];
  const evaluated = await cppo(['eval', ...words, '--data', 'builtin:digits', '--questions', '2', '--json']);
  expect(evaluated.code, evaluated.stderr).toBe(0);
  expect(JSON.parse(evaluated.stdout).settings).toMatchObject({
    ...{ weights: 'int8', activations: 'float32', cache: 'float32' },
  });
  const scored = await cppo(['score', ...words, '--prompt', 'a', '--completion', 'red 3', '--json']);
  expect(scored.stderr).toContain('weights int8, activations float32, cache float32');
  const output = join(root, 'run');
  const settings = [
    'lora.rank=4',
    'freezeVision=true',
    'data.eval=none',
    'rollout.prompts=2',
    `output=${output}`,
  ];
  const trained = await cppo([
    ...['train', '--steps', '1', '--weights', 'bfloat16', '--cache', 'bfloat16'],
    ...[...settings, 'engine.prefer=wasm'].flatMap((assignment) => ['--set', assignment]),
  ]);
  expect(trained.code, trained.stderr).toBe(0);
  const kept = JSON.parse(readFileSync(join(output, 'config.json'), 'utf8'));
  expect(kept).toMatchObject({
    ...{ weights: 'bfloat16', activations: 'float32' },
    rollout: { cache: 'bfloat16', batch: 2 },
  });
  expect(readFileSync(join(output, 'report.html'), 'utf8')).toContain(
    'weights bfloat16, activations float32, cache bfloat16',
  );
});
