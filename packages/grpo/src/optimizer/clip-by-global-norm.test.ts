import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../test/expect-close.js';
import golden from '../__fixtures__/optimizer.json';
import { clipByGlobalNorm } from '../index.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('clipByGlobalNorm', () => {
  it.each(golden.clip)(
    'equals clip_grad_norm_ at $maxNorm',
    async ({ maxNorm, gradients, norm, clipped }) => {
      const tensors = { a: tf.tensor2d(gradients[0]!, [2, 3]), b: tf.tensor1d(gradients[1]!) };
      const result = await clipByGlobalNorm(tensors, maxNorm);
      expect(result.norm).toBeCloseTo(norm, 5);
      expectClose(result.gradients.a!.dataSync(), clipped[0]!, 1e-6);
      expectClose(result.gradients.b!.dataSync(), clipped[1]!, 1e-6);
    },
  );

  it('hands short gradients through, leaks nothing, and shows what is not finite', async () => {
    const short = { a: tf.tensor1d([3, 4]) };
    const tensors = tf.memory().numTensors;
    expect(await clipByGlobalNorm(short, 6)).toEqual({ gradients: short, norm: 5 });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(await clipByGlobalNorm({}, 1)).toEqual({ gradients: {}, norm: 0 });
    expect((await clipByGlobalNorm({ a: tf.tensor1d([1, Number.NaN]) }, 1)).norm).toBeNaN();
    await expect(clipByGlobalNorm(short, 0)).rejects.toThrow(/clipByGlobalNorm: maxNorm is 0/);
  });
});
