import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunDirectory, readMetrics, type StepMetrics } from '@cppo/run';
import { findCheckpoint, restoreOptimizer, runTraining } from '@cppo/training';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GuessPolicy } from '../examples/guess-policy.js';
import { sessionOf, trainToGuess } from '../examples/own-run.js';

const scratch = mkdtempSync(join(tmpdir(), 'cppo-own-run-'));
const whole = join(scratch, 'whole');
let trained: Float32Array;
beforeAll(async () => {
  await tf.setBackend('cpu');
  const policy = await trainToGuess(whole);
  trained = await policy.logits.data<'float32'>();
  policy.dispose();
});
afterAll(() => rmSync(scratch, { recursive: true }));

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** A run's figures but for what the clock and the system say. */
const figures = (path: string) =>
  readMetrics(join(path, 'metrics.jsonl')).map((step: StepMetrics) =>
    Object.entries(step).filter(([key]) => !/second|^process\//.test(key)),
  );

it('a policy and a reward of one’s own are trained for three steps', async () => {
  const metrics = readMetrics(join(whole, 'metrics.jsonl'));
  expect(metrics.map(({ step }) => step)).toEqual([1, 2, 3]);
  for (const step of metrics) expect(step['gradient/norm']).toBeGreaterThan(0);
  const logits = [...trained];
  // 1 to 4 are the sums that are asked for.
  expect(mean(logits.slice(1, 5))).toBeGreaterThan(mean(logits.slice(5)));
});

it('goes on from a checkpoint to the same figures and weights', async () => {
  const path = join(scratch, 'resumed');
  const directory = RunDirectory.create(path, { exact: true });
  const first = new GuessPolicy();
  const begun = await sessionOf(first);
  await runTraining({ ...begun, config: { ...begun.config, steps: 2 } }, directory, 0);

  first.dispose();
  const checkpoint = findCheckpoint(directory)!;
  const policy = new GuessPolicy();
  const logits = JSON.parse(readFileSync(join(checkpoint.directory, 'model', 'logits.json'), 'utf8'));
  policy.logits.assign(tf.tensor1d(logits));
  const session = await sessionOf(policy);
  await restoreOptimizer(session.optimizer, checkpoint.directory);
  await runTraining(session, directory, checkpoint.state.step);
  directory.unlock();
  const continued = await policy.logits.data();
  policy.dispose();

  expect(figures(path)).toEqual(figures(whole));
  expect(continued).toEqual(trained);
});

it('is what the README shows', () => {
  expect(read('README.md')).toContain(`\`\`\`ts\n${read('examples/own-run.ts')}\`\`\``);
});
