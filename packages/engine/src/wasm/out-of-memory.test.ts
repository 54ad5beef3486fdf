import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startEngine } from '../engines/start-engine.js';
import type { BackendWasm } from './kernel-module.js';

const GIBIBYTE = 2 ** 30;
const made: tf.TensorInfo[] = [];

/** A tensor whose memory nobody touches, so that the machine need not have it. */
function untouched(bytes: number): void {
  made.push((tf.backend() as unknown as BackendWasm).makeOutput([bytes / 4], 'float32'));
}

beforeAll(async () => {
  await startEngine({ prefer: 'wasm', threads: 2 });
});

afterEach(() => {
  for (const { dataId } of made.splice(0)) tf.backend().disposeData(dataId);
});

describe('a full memory', () => {
  it('is said in numbers, and what was there still computes', () => {
    const before = tf.memory().numTensors;
    const x = tf.tensor2d([[1, 2]]);
    const fill = () => {
      while (made.length < 8) untouched(GIBIBYTE / 2);
    };
    expect(fill).toThrow(/^wasm engine: found no room for 512 MiB beside the .* of \d+ tensors; expected /);
    expect(made.length).toBeGreaterThan(5);
    const left = tf.memory().numTensors;
    expect(() => tf.tidy(() => tf.zeros([GIBIBYTE / 8]))).toThrow(/found no room for 512 MiB/);
    expect(tf.memory().numTensors).toBe(left);
    expect([...tf.tidy(() => tf.matMul(x, x, false, true).dataSync())]).toEqual([5]);
    x.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is one that has no addresses for the size, too', () => {
    expect(() => untouched(4 * GIBIBYTE + 64)).toThrow(/found no room for 4096 MiB/);
  });
});
