import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { runConformance } from '../conformance/run-conformance.js';

import { type EngineName, EngineUnavailableError } from './engine.js';
import { largestModel, modelBytes } from './model-memory.js';
import { startEngine } from './start-engine.js';

describe('startEngine', () => {
  it('names what is wrong with its options', async () => {
    await expect(startEngine({ prefer: 'cuda' as EngineName })).rejects.toThrow(
      'startEngine: prefer is "cuda", expected one of "tensorflow-gpu", "webgpu", "tensorflow", "wasm", "cpu".',
    );
    await expect(startEngine({ threads: 0 })).rejects.toThrow(
      'startEngine: threads is 0; expected a positive',
    );
  });

  it('registers gradients', async () => {
    await startEngine({ prefer: 'wasm' });
    expect([
      ...tf
        .grad((x) => tf.mul(x, x))(tf.tensor1d([1, 2, 3]))
        .dataSync(),
    ]).toEqual([2, 4, 6]);
  });
});

describe.each<[EngineName, string]>([
  ['tensorflow', '@tensorflow/tfjs-node'],
  ['tensorflow-gpu', '@tensorflow/tfjs-node-gpu'],
])('%s', (prefer, name) => {
  const installed = (() => {
    try {
      return createRequire(import.meta.url).resolve(`${name}/package.json`) !== '';
    } catch {
      return false;
    }
  })();

  it.skipIf(installed)('is unavailable without its package, with a remedy', async () => {
    const problem = await startEngine({ prefer }).catch((problem: unknown) => problem);
    expect(problem).toBeInstanceOf(EngineUnavailableError);
    expect(problem).toMatchObject({ engine: prefer, reason: `${name} is not installed` });
    expect((problem as EngineUnavailableError).remedy).toMatch(/^npm run engine:native|native-cli\.js/);
  });

  it.skipIf(!installed)('conforms to float64', async (context) => {
    const started = await startEngine({ prefer }).catch((problem: Error) => problem);
    if (started instanceof EngineUnavailableError) context.skip(started.message);
    // Absent ones too: an addon that was built without our kernels does not conform.
    expect((await runConformance()).filter(({ state }) => state !== 'passed')).toEqual([]);
  });
});

describe('webgpu', () => {
  it('conforms to float64', async (context) => {
    const started = await startEngine({ prefer: 'webgpu', softwareAdapter: true }).catch(
      (problem: Error) => problem,
    );
    if (started instanceof EngineUnavailableError) context.skip(started.message);
    const results = await runConformance();
    expect(results.filter(({ state }) => state === 'failed')).toEqual([]);
    // It has none of our own kernels, and all that the model takes of TensorFlow.js's.
    expect(results.filter(({ state, kernel }) => state === 'absent' && !/^Cppo/.test(kernel))).toEqual([]);
    expect(results.filter(({ state }) => state === 'passed').length).toBeGreaterThan(500);

    const numbers = Array.from({ length: 3000 }, (_, i) => i);
    const made = tf.tensor1d(numbers);
    expect([...made.dataSync()]).toEqual(numbers);
    const computed = tf.mul(made, 2);
    for (const tensor of [made, computed]) {
      expect(() => tensor.dataSync()).toThrow(
        'WebGPU outside a browser cannot read a tensor synchronously; expected await tensor.data()',
      );
    }
    const values = await computed.data();
    tf.neg(computed);
    expect(computed.dataSync()).toEqual(values);
    // An emulated adapter compiles each shader for the processor.
  }, 180_000);
});

describe('largestModel', () => {
  it('leaves a quarter of the memory to activations', () => {
    expect(largestModel(4 * 2 ** 30)).toEqual({
      run: 805_306_368,
      trainFull: 201_326_592,
      trainLora: 732_096_698,
    });
  });

  it('is what modelBytes says', () => {
    // Weights, gradients and two moments of a model trained in full; weights only of one that is not.
    expect(modelBytes({ parameters: 1000, trained: 1000 })).toBe(16_000);
    expect(modelBytes({ parameters: 1000, trained: 0 })).toBe(4000);
    const { trainFull } = largestModel(2 ** 32);
    expect(modelBytes({ parameters: trainFull, trained: trainFull })).toBeLessThanOrEqual(0.75 * 2 ** 32);
  });
});
