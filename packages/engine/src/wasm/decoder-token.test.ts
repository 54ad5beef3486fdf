import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { startEngine } from '../engines/start-engine.js';

// What it computes is compared with float64 in the conformance suite, and with plain operations in @cppo/trainer.

beforeAll(async () => {
  await startEngine({ prefer: 'wasm' });
});

/** One branch of one prompt, in a decoder of one layer whose weights are zeros. */
function run(change: Record<string, tf.Tensor> = {}): number[] {
  return tf.tidy(() => {
    const zeros = (shapes: Record<string, number[]>) =>
      Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, tf.zeros(shape)]));
    const inputs = {
      ...zeros({ embedding: [3, 4], norm: [4], head: [3, 4], cos: [1, 1, 4], sin: [1, 1, 4] }),
      ...zeros({ '0.inputNorm': [4], '0.attentionNorm': [4], prefixBias: [1, 1, 1, 1] }),
      ...zeros({ '0.q': [4, 4], '0.k': [4, 4], '0.v': [4, 4], '0.o': [4, 4] }),
      ...zeros({ '0.qBias': [4], '0.kBias': [4], '0.vBias': [4] }),
      ...zeros({ '0.gate': [6, 4], '0.up': [6, 4], '0.down': [4, 6] }),
      ...zeros({ '0.prefixKeys': [1, 1, 4], '0.prefixValues': [1, 1, 4] }),
      ...zeros({ longKeys: [1, 0, 4], longValues: [1, 0, 4], shortKeys: [1, 0, 4], shortValues: [1, 0, 4] }),
      tokens: tf.tensor1d([2], 'int32'),
      resultRows: tf.tensor2d([[0]], undefined, 'int32'),
      ...change,
    };
    const outputs = tf.engine().runKernel('CppoDecoderToken', inputs, { epsilon: 1e-6, layers: 1 });
    return Array.from((outputs as unknown as tf.Tensor[])[0]!.dataSync());
  });
}

it('refuses what it would read beyond its inputs for', () => {
  expect(run()).toEqual([0, 0, 0]);
  expect(() => run({ tokens: tf.tensor1d([3], 'int32') })).toThrow(
    'CppoDecoderToken: token 3 is there; expected less than 3.',
  );
  expect(() => run({ resultRows: tf.tensor2d([[1]], undefined, 'int32') })).toThrow(
    'CppoDecoderToken: result row 1 is there; expected less than 1.',
  );
  expect(() => run({ '0.up': tf.zeros([5, 4]) })).toThrow(
    'CppoDecoderToken: got 0.up float32 [5,4]; expected float32 [6,4].',
  );
});
