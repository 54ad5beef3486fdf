import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { startEngine } from '../engines/start-engine.js';

// Drawn at random: shapes, types, axes, and numbers that are not ordinary.

beforeAll(async () => {
  await startEngine({ prefer: 'cpu' });
  await startEngine({ prefer: 'wasm' });
});

type Type = 'float32' | 'int32' | 'bool';

interface Operand {
  readonly shape: number[];
  readonly type: Type;
  readonly values: number[];
}

const ordinary = fc.double({ min: -8, max: 8, noNaN: true }).map(Math.fround);
const unusual = fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e30, -1e30, 1e-30, -1e9, 88.7, -87.4, 3e38);
const integer = fc.integer({ min: -1000, max: 1000 });

function numbers(type: Type, strange: boolean): fc.Arbitrary<number> {
  if (type === 'bool') return fc.integer({ min: 0, max: 1 });
  if (type === 'int32') return integer;
  return strange ? fc.oneof({ weight: 5, arbitrary: ordinary }, { weight: 1, arbitrary: unusual }) : ordinary;
}

function operand(shape: number[], type: Type, strange = true): fc.Arbitrary<Operand> {
  const size = shape.reduce((all, length) => all * length, 1);
  return fc
    .array(numbers(type, strange), { minLength: size, maxLength: size })
    .map((values) => ({ shape, type, values }));
}

/** Lengths around the four numbers of a vector, and now and then none. */
const length = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 9 }) },
);
const shape = (min: number, max: number) => fc.array(length, { minLength: min, maxLength: max });
/** Sums of two booleans are left out: the backends differ in what they are. */
const type = fc.constantFrom<Type>('float32', 'float32', 'int32');

/** Two shapes that broadcast to one. */
const broadcastShapes = shape(0, 4).chain((whole) => {
  const one = fc
    .tuple(fc.array(fc.boolean(), { minLength: whole.length, maxLength: whole.length }), fc.nat(whole.length))
    .map(([repeats, cut]) => whole.map((size, axis) => (repeats[axis] ? 1 : size)).slice(cut));
  return fc.tuple(one, fc.oneof(one, fc.constant(whole)));
});

interface Result {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: number[];
}

function compute(operands: Operand[], run: (tensors: tf.Tensor[]) => tf.Tensor | tf.Tensor[]): Result[] {
  return tf.tidy(() => {
    const tensors = operands.map(({ values, shape, type }) => tf.tensor(values, shape, type));
    return [run(tensors)].flat().map((x) => ({
      ...{ shape: x.shape, dtype: x.dtype, values: Array.from(x.dataSync()) },
    }));
  });
}

/** Equal on both backends: the same places not finite, and the others within 1e-5 of the largest finite one or of their own. */
function expectAlike(operands: Operand[], run: (tensors: tf.Tensor[]) => tf.Tensor | tf.Tensor[]): void {
  const [expected, actual] = (['cpu', 'wasm'] as const).map((backend) => {
    tf.setBackend(backend);
    const before = tf.memory().numTensors;
    const results = compute(operands, run);
    expect(tf.memory().numTensors).toBe(before);
    return results;
  }) as [Result[], Result[]];
  expect(actual.length).toBe(expected.length);
  expected.forEach((reference, index) => {
    const result = actual[index]!;
    expect([result.shape, result.dtype]).toEqual([reference.shape, reference.dtype]);
    result.values.forEach((x, i) => {
      const wanted = reference.values[i]!;
      const close =
        Object.is(x, wanted) || x === wanted || Math.abs(x - wanted) <= 1e-5 * Math.abs(wanted) + 2e-37;
      if (!close) expect.fail(`number ${i} of output ${index}: ${x}, expected ${wanted}`);
    });
  });
}

const runs = { numRuns: 150 };

describe('as on the cpu backend', () => {
  const binary = { add: tf.add, sub: tf.sub, mul: tf.mul, div: tf.div };
  it.each(Object.entries(binary))('%s, with broadcasts', (_, operation) => {
    const pairs = broadcastShapes.chain(([a, b]) =>
      fc.oneof(
        fc.tuple(operand(a, 'float32'), operand(b, 'float32')),
        fc.tuple(type, type).chain(([s, t]) => fc.tuple(operand(a, s, false), operand(b, t, false))),
      ),
    );
    fc.assert(
      fc.property(pairs, (pair) => {
        // Division of integers by 0 is each backend's own affair.
        fc.pre(operation !== tf.div || pair.every(({ type }) => type === 'float32'));
        expectAlike(pair, ([a, b]) => operation(a!, b!));
      }),
      runs,
    );
  });

  const unary = { exp: tf.exp, sigmoid: tf.sigmoid, square: tf.square, neg: tf.neg, sqrt: tf.sqrt };
  it.each(Object.entries(unary))('%s', (_, operation) => {
    const one = shape(0, 4).chain((sizes) => operand(sizes, 'float32'));
    fc.assert(
      fc.property(one, (x) => expectAlike([x], ([x]) => operation(x!))),
      runs,
    );
  });

  it('softmax, with masks', () => {
    const masked = fc.oneof(
      { weight: 4, arbitrary: ordinary },
      { weight: 2, arbitrary: fc.constantFrom(-1e9, -Infinity, -1e4, 1e4, -1e30) },
    );
    const rows = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 19 }))
      .chain(([rows, width]) =>
        fc
          .array(masked, { minLength: rows * width, maxLength: rows * width })
          .map((values): Operand => ({ shape: [rows, width], type: 'float32', values })),
      );
    fc.assert(
      fc.property(rows, (x) => expectAlike([x], ([x]) => tf.softmax(x!))),
      runs,
    );
  });

  const reductions = { sum: tf.sum, mean: tf.mean, max: tf.max };
  it.each(Object.entries(reductions))('%s over some axes', (name, operation) => {
    const drawn = shape(1, 4).chain((sizes) =>
      fc.tuple(
        // Sums of numbers that cancel depend on their order.
        operand(sizes, 'float32', name === 'max').map((x) =>
          name === 'max' ? x : { ...x, values: x.values.map(Math.abs) },
        ),
        fc.subarray(
          sizes.map((_, axis) => axis),
          { minLength: 1 },
        ),
        fc.boolean(),
      ),
    );
    fc.assert(
      fc.property(drawn, ([x, axes, keep]) => {
        fc.pre(!x.shape.includes(0));
        expectAlike([x], ([x]) => operation(x!, axes, keep));
      }),
      runs,
    );
  });

  it('NaN in a sum', () => {
    expectAlike([{ shape: [2, 3], type: 'float32', values: [1, NaN, 2, 1, Infinity, 2] }], ([x]) => [
      tf.sum(x!, 1),
      tf.mean(x!, 0),
      tf.max(x!, 1),
    ]);
  });

  it('reductions of nothing, whatever lay in the memory', () => {
    tf.setBackend('wasm');
    const ofNothing = [tf.sum, tf.mean, tf.max, tf.min, tf.prod].map((operation) => {
      tf.fill([3], 7).dispose();
      return tf.tidy(() => [...(operation as typeof tf.sum)(tf.zeros([0, 3]), 0).dataSync()]);
    });
    expect(
      tf.tidy(() => [tf.sum(tf.zeros([0, 3])), tf.prod(tf.zeros([0]))].map((x) => x.arraySync())),
    ).toEqual([0, 1]);
    expect(ofNothing).toEqual([0, NaN, -Infinity, Infinity, 1].map((value) => [value, value, value]));
  });

  it('slice, split, concat, gather, tile', () => {
    const drawn = fc
      .tuple(shape(1, 4), fc.constantFrom<Type>('float32', 'int32', 'bool'))
      .chain(([sizes, type]) =>
        fc.tuple(operand(sizes, type), fc.nat(sizes.length - 1), fc.nat(8), fc.nat(8)),
      );
    fc.assert(
      fc.property(drawn, ([x, axis, first, second]) => {
        const length = x.shape[axis]!;
        const begin = Math.min(first, length);
        const size = Math.min(second, length - begin);
        expectAlike([x], ([x]) => {
          const begins = x!.shape.map((_, i) => (i === axis ? begin : 0));
          const sizes = x!.shape.map((size_, i) => (i === axis ? size : size_));
          return [
            tf.slice(x!, begins, sizes),
            tf.concat([x!, x!], axis),
            ...tf.split(x!, [begin, length - begin], axis),
            tf.tile(
              x!,
              x!.shape.map((_, i) => (i === axis ? 1 + (first % 3) : 1)),
            ),
            ...(length === 0
              ? []
              : [tf.gather(x!, tf.tensor1d([begin % length, 0, length - 1], 'int32'), axis)]),
          ];
        });
      }),
      runs,
    );
  });

  it('transpose', () => {
    const drawn = fc
      .tuple(shape(0, 6), fc.constantFrom<Type>('float32', 'int32', 'bool'))
      .chain(([sizes, type]) => {
        const axes = sizes.map((_, axis) => axis);
        const any = fc.shuffledSubarray(axes, { minLength: axes.length });
        // The case with runs: the last axis stays.
        const runs = fc
          .shuffledSubarray(axes.slice(0, -1), { minLength: Math.max(0, axes.length - 1) })
          .map((outer) => [...outer, ...axes.slice(-1)]);
        return fc.tuple(operand(sizes, type), fc.oneof(any, runs));
      });
    fc.assert(
      fc.property(drawn, ([x, perm]) => expectAlike([x], ([x]) => tf.transpose(x!, perm))),
      runs,
    );
  });

  it('gradients of sums, means and broadcasts', () => {
    const drawn = broadcastShapes.chain(([a, b]) =>
      fc.tuple(operand(a, 'float32', false), operand(b, 'float32', false), fc.boolean()),
    );
    fc.assert(
      fc.property(drawn, ([a, b, mean]) => {
        fc.pre(!a.shape.includes(0) && !b.shape.includes(0));
        expectAlike([a, b], ([a, b]) =>
          tf.grads((a: tf.Tensor, b: tf.Tensor) => {
            const product = tf.mul(tf.square(a), b);
            return tf.sum(mean ? tf.mean(product, 0) : tf.sum(product, -1, true));
          })([tf.add(a!, 10), tf.add(b!, 10)].map((x) => (x.rank === 0 ? tf.reshape(x, [1]) : x))),
        );
      }),
      runs,
    );
  });
});
