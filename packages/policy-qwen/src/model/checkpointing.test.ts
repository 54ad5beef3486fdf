import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { numbers } from '../__fixtures__/formula.js';
import { type Layer, type LayerContext, runLayers } from './checkpointing.js';
import type { Checkpointing } from './choose-checkpointing.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const shape: [number, number] = [32, 16];

/** A stack of layers with ten activations each, its gradients, and the most bytes alive while a layer runs. */
function run(count: number, checkpointing: Checkpointing) {
  const gains = Array.from({ length: count }, (_, i) => tf.variable(tf.scalar(1 + i / 100)));
  const before = tf.memory();
  let peak = 0;
  const result = tf.tidy(() => {
    const { value, grads } = tf.variableGrads(() => {
      const angle = tf.ones<tf.Rank.R3>([1, 1, 1]);
      const context = {
        rotary: { cos: angle, sin: angle },
        layout: { constants: {} },
      } as unknown as LayerContext;
      const layers = gains.map(
        (gain): Layer => ({
          context,
          variables: [gain],
          run: (x, { rotary }) => {
            let y: tf.Tensor = tf.mul(tf.mul(x, gain), tf.reshape(rotary.cos, [1, 1]));
            for (let i = 0; i < 10; i++) y = tf.sin(y);
            peak = Math.max(peak, tf.memory().numBytes - before.numBytes);
            return y as tf.Tensor2D;
          },
        }),
      );
      const x = tf.tensor2d(numbers('x', shape[0] * shape[1], 2), shape);
      return tf.sum(runLayers(x, layers, checkpointing)) as tf.Scalar;
    });
    return [value, ...gains.map(({ name }) => grads[name] as tf.Tensor)].map(
      (x) => x.dataSync()[0] as number,
    );
  });
  expect(tf.memory().numTensors).toBe(before.numTensors);
  tf.dispose(gains);
  return { peak, result };
}

test('recomputing changes no gradient', () => {
  const { result } = run(7, 'none');
  for (const checkpointing of ['layers', 'segments'] as const) {
    run(7, checkpointing).result.forEach((value, i) => {
      expect(value).toBeCloseTo(result[i] as number, 5);
    });
  }
});

test('what is held grows with the layers, and in segments with their root', () => {
  const held = (layers: number, checkpointing: Checkpointing) =>
    run(layers, checkpointing).peak / (4 * shape[0] * shape[1]);
  const growth = (checkpointing: Checkpointing) => held(64, checkpointing) - held(16, checkpointing);
  // In activations: eleven a layer; an input and its gradient a layer; those of four more segments of four more layers.
  expect(growth('none')).toBeGreaterThan(48 * 10);
  expect(growth('layers')).toBeLessThan(48 * 3);
  expect(growth('segments')).toBeLessThan((4 + 4) * 3);
});
