import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { startEngine } from '../engines/start-engine.js';
import type { PackedFormat } from '../kernels/packed-weight.js';
import { accelerateWasm, type WasmAcceleration } from './accelerate.js';

// What it computes is compared with float64 in the conformance suite, and with plain operations in @cppo/trainer.

let engine: WasmAcceleration;

beforeAll(async () => {
  await startEngine({ prefer: 'wasm', threads: 3 });
  engine = await accelerateWasm();
});

interface Decoder {
  readonly V: number;
  readonly D: number;
  readonly I: number;
  /** Branches of the one prompt. */
  readonly N: number;
}

/** Inputs of a decoder of one layer with one head, made by `fill`. */
function inputsOf({ V, D, I, N }: Decoder, fill: (shape: number[]) => tf.Tensor): tf.NamedTensorMap {
  const shapes: Record<string, number[]> = {
    ...{ embedding: [V, D], norm: [D], head: [V, D], cos: [N, 1, D], sin: [N, 1, D] },
    ...{ '0.inputNorm': [D], '0.attentionNorm': [D], prefixBias: [1, 1, 1, 1] },
    ...{ '0.q': [D, D], '0.k': [D, D], '0.v': [D, D], '0.o': [D, D] },
    ...{ '0.qBias': [D], '0.kBias': [D], '0.vBias': [D] },
    ...{ '0.gate': [I, D], '0.up': [I, D], '0.down': [D, I] },
    ...{ '0.prefixKeys': [1, 1, D], '0.prefixValues': [1, 1, D] },
    ...{ longKeys: [N, 0, D], longValues: [N, 0, D], shortKeys: [N, 0, D], shortValues: [N, 0, D] },
  };
  return {
    ...Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, fill(shape)])),
    tokens: tf.fill([N], V - 1, 'int32'),
    resultRows: tf.reshape(tf.range(0, N, 1, 'int32'), [N, 1]),
  };
}

function run(inputs: tf.NamedTensorMap, more: object = {}): tf.Tensor {
  const attributes = { epsilon: 1e-6, layers: 1, ...more };
  return (tf.engine().runKernel('CppoDecoderToken', inputs, attributes) as unknown as tf.Tensor[])[0]!;
}

describe('a decoder token', () => {
  const logits = (change: tf.NamedTensorMap = {}, more: object = {}) =>
    tf.tidy(() => {
      const inputs = inputsOf({ V: 3, D: 4, I: 6, N: 1 }, (shape) => tf.zeros(shape));
      return Array.from(run({ ...inputs, ...change }, more).dataSync());
    });

  it('refuses what it would read beyond its inputs for', () => {
    expect(logits()).toEqual([0, 0, 0]);
    expect(() => logits({ tokens: tf.tensor1d([3], 'int32') })).toThrow(
      'CppoDecoderToken: token 3 is there; expected less than 3.',
    );
    expect(() => logits({ resultRows: tf.tensor2d([[1]], undefined, 'int32') })).toThrow(
      'CppoDecoderToken: result row 1 is there; expected less than 1.',
    );
    expect(() => logits({ '0.up': tf.zeros([5, 4]) })).toThrow(
      'CppoDecoderToken: got 0.up float32 [5,4]; expected float32 [6,4].',
    );
    expect(() => logits({ '0.upDown': tf.zeros([2, 5]), '0.upUp': tf.zeros([6, 2]) })).toThrow(
      'CppoDecoderToken: got 0.upDown float32 [2,5]; expected float32 [2,4].',
    );
    const packed = { '0.up': { format: 'int8', rows: 6, columns: 4 } };
    expect(() => logits({ '0.up': tf.zeros([6, 1], 'int32') }, { packed })).toThrow(
      'CppoDecoderToken: got nothing for 0.upScales of a int8 weight [6, 4]; expected float32 [6].',
    );
  });

  // With several threads the steps of a large decoder are divided among tasks, which small ones never are.
  it.each<[number, PackedFormat | undefined]>([
    [3, undefined],
    [7, 'nf4'],
    [8, 'int8'],
    [17, 'bfloat16'],
  ])('of %i branches is the same divided among threads, %s', (N, format) => {
    tf.tidy(() => {
      const size = { V: 130, D: 200, I: Math.ceil(2 ** 23 / 200 / N), N };
      let seed = 0;
      const inputs = inputsOf(size, (shape) => tf.randomNormal(shape, 0, 0.1, 'float32', ++seed));
      for (const name of ['0.q', '0.gate', '0.down']) {
        const [outs, ins] = inputs[name]!.shape as [number, number];
        inputs[`${name}Down`] = tf.randomNormal([5, ins], 0, 0.1, 'float32', ++seed);
        inputs[`${name}Up`] = tf.randomNormal([outs, 5], 0, 0.1, 'float32', ++seed);
      }
      const packed: Record<string, object> = {};
      for (const name of ['embedding', 'head', '0.q', '0.k', '0.v', '0.o', '0.gate', '0.up', '0.down']) {
        if (!format) continue;
        const [rows, columns] = inputs[name]!.shape as [number, number];
        const attributes = { from: 'float32', format, rows, columns };
        const results = tf.engine().runKernel('CppoPack', { x: inputs[name]! }, attributes);
        const [words, scales] = results as unknown as [tf.Tensor, tf.Tensor?];
        inputs[name] = words;
        if (scales) inputs[`${name}Scales`] = scales;
        packed[name] = { format, rows, columns };
      }
      const divided = run(inputs, { packed });
      const alone = engine.onOneThread(() => run(inputs, { packed }));
      const most = tf.max(tf.abs(alone)).dataSync()[0]!;
      expect(most).toBeGreaterThan(0.1);
      expect(tf.max(tf.abs(tf.sub(divided, alone))).dataSync()[0]! / most).toBeLessThan(1e-5);
    });
  });
});
