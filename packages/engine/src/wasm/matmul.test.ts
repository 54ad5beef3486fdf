import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { startEngine } from '../engines/start-engine.js';

/** Numbers in [−1, 1) from a seed. */
function numbers(size: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

function random(shape: number[], seed: number): tf.Tensor {
  return tf.tensor(numbers(tf.util.sizeFromShape(shape), seed), shape);
}

/** Runs on the tfjs cpu backend and on wasm, and compares. */
async function expectSame(run: () => tf.Tensor | tf.Tensor[], tolerance = 1e-5): Promise<void> {
  const results: { shape: number[]; values: Float32Array }[][] = [];
  for (const backend of ['cpu', 'wasm']) {
    await tf.setBackend(backend);
    const before = tf.memory().numTensors;
    const tensors = [run()].flat();
    results.push(tensors.map((x) => ({ shape: x.shape, values: x.dataSync() as Float32Array })));
    tf.dispose(tensors);
    expect(tf.memory().numTensors).toBe(before);
  }
  const [expected, actual] = results as [(typeof results)[0], (typeof results)[0]];
  actual.forEach(({ shape, values }, index) => {
    const reference = expected[index]!;
    expect(shape).toEqual(reference.shape);
    const scale = reference.values.reduce((largest, x) => Math.max(largest, Math.abs(x)), 1e-30);
    values.forEach((x, i) => {
      if (!(Math.abs(x - reference.values[i]!) <= tolerance * scale)) {
        expect.fail(`output ${index}, number ${i}: ${x}, expected ${reference.values[i]}`);
      }
    });
  });
}

beforeAll(async () => {
  await startEngine({ prefer: 'cpu' });
  await startEngine({ prefer: 'wasm' });
});

const transposes = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

function operand(
  rows: number,
  columns: number,
  transposed: boolean,
  batch: number[],
  seed: number,
): tf.Tensor {
  return random([...batch, ...(transposed ? [columns, rows] : [rows, columns])], seed);
}

describe.each(transposes)('matMul, transposes %s and %s', (transposeA, transposeB) => {
  it.each([
    [1, 1, 1],
    [4, 8, 4],
    [5, 9, 3],
    [1, 70, 33],
    [16, 24, 40],
    [17, 31, 300],
    [99, 7, 513],
    [130, 530, 65],
    // Blocks in all three directions, packed by several threads.
    [101, 531, 1030],
    [70, 40, 1100],
  ])('[%i, k] · [k, %i], k = %i', async (rows, columns, depth) => {
    await expectSame(() =>
      tf.tidy(() =>
        tf.matMul(
          operand(rows, depth, transposeA, [], 1),
          operand(depth, columns, transposeB, [], 2),
          transposeA,
          transposeB,
        ),
      ),
    );
  });

  it.each<[number[], number[]]>([
    [[3], [3]],
    [[3], [1]],
    [[1], [3]],
    [
      [2, 3],
      [2, 3],
    ],
    [
      [2, 3],
      [1, 3],
    ],
    [
      [2, 3],
      [1, 1],
    ],
    [[2, 3], [3]],
  ])('batch %j with %j, forward and gradient', async (aBatch, bBatch) => {
    const product = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, transposeA, transposeB);
    await expectSame(() =>
      tf.tidy(() => {
        const a = operand(5, 6, transposeA, aBatch, 3);
        const b = operand(6, 9, transposeB, bBatch, 4);
        const out = product(a, b);
        const weights = random(out.shape, 5);
        const gradient = tf.grads((a, b) => tf.sum(tf.mul(product(a!, b!), weights)));
        return [out, ...gradient([a, b])];
      }),
    );
  });
});

describe('matMul', () => {
  // The cpu backend pairs these batches wrongly.
  it('broadcasts each batch dimension by itself', async () => {
    await startEngine({ prefer: 'wasm' });
    const a = random([2, 1, 3, 4], 1);
    const b = random([1, 3, 4, 2], 2);
    const weights = random([2, 3, 3, 2], 3);
    const repeated = (a: tf.Tensor, b: tf.Tensor) =>
      tf.matMul(tf.tile(a, [1, 3, 1, 1]), tf.tile(b, [2, 1, 1, 1]));
    const results = [tf.matMul, repeated].map((product) => {
      const [da, db] = tf.grads((a, b) => tf.sum(tf.mul(product(a!, b!), weights)))([a, b]);
      return [product(a, b), da!, db!].map((x) => [...x.dataSync()]);
    });
    results[0]!.forEach((values, i) => {
      for (const [j, x] of values.entries()) expect(x).toBeCloseTo(results[1]![i]![j]!, 5);
    });
  });

  it('gives zeros for sums of nothing and nothing for empty operands', async () => {
    await startEngine({ prefer: 'wasm' });
    expect([...tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3])).dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(tf.matMul(tf.zeros([0, 4]), tf.zeros([4, 3])).shape).toEqual([0, 3]);
    expect(tf.matMul(tf.zeros([0, 2, 4]), tf.zeros([0, 4, 3])).shape).toEqual([0, 2, 3]);
  });

  it('takes one matrix for a whole batch, divided among threads', async () => {
    await expectSame(() =>
      tf.tidy(() => [
        tf.matMul(random([5, 70, 90], 1), random([1, 90, 131], 2)),
        tf.matMul(random([5, 90, 70], 1), random([1, 131, 90], 2), true, true),
        tf.matMul(random([3, 200, 90], 1), random([3, 90, 131], 2)),
      ]),
    );
  });

  it('says which operands do not fit', () => {
    expect(() =>
      tf.engine().runKernel('BatchMatMul', { a: tf.zeros([2, 3]), b: tf.zeros([4, 5]) }, {}),
    ).toThrow('matMul: inner sizes differ, [2,3] · [4,5].');
  });
});

describe('fused matMul', () => {
  it.each(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const)(
    'with bias and %s',
    async (activation) => {
      await expectSame(() =>
        tf.tidy(() =>
          tf.fused.matMul({
            a: tf.mul(random([7, 300], 1), 3),
            b: random([300, 13], 2),
            bias: random([13], 3),
            activation,
            preluActivationWeights: random([13], 4),
            leakyreluAlpha: 0.3,
          }),
        ),
      );
    },
  );
});

describe('other kernels', () => {
  it('adds rows up by segment', async () => {
    await expectSame(() =>
      tf.tidy(() =>
        tf.unsortedSegmentSum(random([9, 5, 3], 1), tf.tensor1d([0, 3, 3, 1, 0, 0, 5, 2, 3], 'int32'), 6),
      ),
    );
  });

  it.each([0, 1, 2])('has the gradient of gather on axis %i', async (axis) => {
    await expectSame(() =>
      tf.tidy(() => {
        const x = random([4, 5, 6], 1);
        const indices = tf.tensor1d([3, 0, 3, 2], 'int32');
        return tf.grad((x) => tf.sum(tf.square(tf.gather(x, indices, axis))))(x);
      }),
    );
  });

  // The cpu backend gives the wrong shape for negative axes, so it is no reference for them.
  it.each([-1, -2, -3])('sums up along axis %i', async (axis) => {
    await expectSame(() => {
      const negative = tf.getBackend() === 'wasm';
      return tf.tidy(() => tf.cumsum(random([3, 4, 5], 1), negative ? axis : axis + 3));
    });
  });

  it('has zero gradients for comparisons', async () => {
    await expectSame(() =>
      tf.tidy(() =>
        tf.grad((x) => tf.sum(tf.where(tf.greater(tf.mul(x, 2), 0), tf.square(x), x)))(random([4, 5], 1)),
      ),
    );
  });

  it('shares data between copies and frees it with the last', async () => {
    await startEngine({ prefer: 'wasm' });
    const before = tf.memory();
    const x = tf.tensor1d([1, 2, 3]);
    const copies = [
      tf.engine().runKernel('Identity', { x }) as tf.Tensor,
      tf.clone(x),
      tf.cast(x, 'float32'),
      tf.reshape(x, [3, 1]),
    ];
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers + 1);
    x.dispose();
    for (const copy of copies) expect([...copy.dataSync()]).toEqual([1, 2, 3]);
    tf.dispose(copies);
    expect(tf.memory()).toMatchObject({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
    });
  });
});
