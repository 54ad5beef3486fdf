import * as tf from '@tensorflow/tfjs-core';
import { attentionCases } from './attention-cases.js';
import type { ConformanceCase } from './conformance-case.js';
import { decoderTokenCases } from './decoder-token-cases.js';
import type { Array64 } from './float64.js';
import * as f64 from './float64.js';
import { packedCases } from './packed-cases.js';

type Reference = (inputs: Array64[]) => Array64;

function unary(
  kernel: string,
  run: (x: tf.Tensor) => tf.Tensor,
  of: (value: number) => number,
  domain?: (value: number) => number,
): ConformanceCase[] {
  return [[7], [3, 5], [2, 3, 4], [2, 1, 3, 5], [0, 4]].map((shape) => ({
    ...{ kernel, detail: `[${shape}]`, shapes: [shape], run: ([x]: tf.Tensor[]) => run(x!) },
    reference: ([x]: Array64[]) => f64.map(x!, of),
    ...(domain && { domain }),
  }));
}

const pairs: [number[], number[]][] = [
  [[7], [7]],
  [[3, 5], []],
  [[], [3, 5]],
  [[6, 9], [9]],
  [
    [6, 9],
    [6, 1],
  ],
  [
    [6, 1],
    [1, 9],
  ],
  [
    [2, 3, 4],
    [2, 1, 4],
  ],
  [
    [2, 3, 4, 5],
    [1, 3, 1, 5],
  ],
  [
    [2, 1, 4, 1],
    [1, 3, 1, 5],
  ],
  [[0, 3], [3]],
  [[20_000], [20_000]],
];

function binary(
  kernel: string,
  run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  of: (a: number, b: number) => number,
  domain?: (value: number) => number,
): ConformanceCase[] {
  return pairs.map(([a, b]) => ({
    ...{ kernel, detail: `[${a}] and [${b}]`, shapes: [a, b] },
    run: ([a, b]: tf.Tensor[]) => run(a!, b!),
    reference: ([a, b]: Array64[]) => f64.combine(a!, b!, of),
    ...(domain && { domain }),
    // Differences of 20,000 inputs take too long, and the shape adds nothing there.
    differentiable: f64.sizeOf(a) < 1000,
  }));
}

function matMuls(): ConformanceCase[] {
  const sizes = [
    [1, 1, 1],
    [4, 4, 8],
    [5, 3, 9],
    [1, 33, 10],
    [16, 40, 24],
    [17, 300, 13],
    [40, 20, 35],
    [3, 0, 4],
    [0, 3, 4],
  ] as const;
  const batches: [number[], number[]][] = [
    [[3], [3]],
    [[3], [1]],
    [[1], [3]],
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [
      [2, 1],
      [1, 3],
    ],
  ];
  return [false, true].flatMap((transposeA) =>
    [false, true].flatMap((transposeB) => {
      const shape = (batch: number[], rows: number, columns: number, transposed: boolean) =>
        transposed ? [...batch, columns, rows] : [...batch, rows, columns];
      const product = (a: number[], b: number[], differentiable: boolean): ConformanceCase => ({
        kernel: tf.BatchMatMul,
        detail: `[${a}]${transposeA ? 'ᵀ' : ''} · [${b}]${transposeB ? 'ᵀ' : ''}`,
        shapes: [a, b],
        run: ([a, b]) => tf.matMul(a!, b!, transposeA, transposeB),
        reference: ([a, b]) => f64.matMul(a!, b!, transposeA, transposeB),
        differentiable,
      });
      return [
        ...sizes.map(([m, k, n]) =>
          product(shape([], m, k, transposeA), shape([], k, n, transposeB), m * k * n < 1000),
        ),
        ...batches.map(([a, b]) => product(shape(a, 5, 3, transposeA), shape(b, 3, 9, transposeB), true)),
      ];
    }),
  );
}

const activations = {
  linear: (x: number) => x,
  relu: (x: number) => Math.max(x, 0),
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
} as const;

function fusedMatMuls(): ConformanceCase[] {
  return Object.entries(activations).map(([activation, of]) => ({
    kernel: tf._FusedMatMul,
    detail: `with bias and ${activation}`,
    shapes: [[7, 19], [11, 19], [11]],
    run: ([a, b, bias]) =>
      tf.fused.matMul({
        ...{ a: a as tf.Tensor2D, b: b as tf.Tensor2D, transposeB: true, bias: bias! },
        activation: activation as keyof typeof activations,
      }),
    reference: ([a, b, bias]) =>
      f64.map(
        f64.combine(f64.matMul(a!, b!, false, true), bias!, (x, y) => x + y),
        of,
      ),
    // With an activation, tfjs computes the gradient from other kernels, which have cases of their own.
    differentiable: activation === 'linear',
  }));
}

function reductions(): ConformanceCase[] {
  const operations: [
    string,
    (x: tf.Tensor, axes: number[], keep: boolean) => tf.Tensor,
    (v: number[]) => number,
  ][] = [
    [tf.Sum, (x, axes, keep) => tf.sum(x, axes, keep), f64.total],
    [tf.Mean, (x, axes, keep) => tf.mean(x, axes, keep), (values) => f64.total(values) / values.length],
    [tf.Max, (x, axes, keep) => tf.max(x, axes, keep), f64.largest],
  ];
  const over: [number[], number[]][] = [
    [[9], [0]],
    [[6, 7], [1]],
    [[6, 7], [0]],
    [
      [6, 7],
      [0, 1],
    ],
    [[2, 5, 70], [1]],
    [
      [2, 3, 4, 5],
      [2, 3],
    ],
    [
      [2, 3, 4, 5],
      [0, 2],
    ],
  ];
  return operations.flatMap(([kernel, run, of]) =>
    over.flatMap(([shape, axes]) =>
      [false, true].map((keep) => ({
        ...{ kernel, detail: `[${shape}] over [${axes}]${keep ? ', kept' : ''}`, shapes: [shape] },
        run: ([x]: tf.Tensor[]) => run(x!, axes, keep),
        reference: ([x]: Array64[]) => f64.reduce(x!, axes, keep, of),
      })),
    ),
  );
}

function movements(): ConformanceCase[] {
  const move = (
    kernel: string,
    detail: string,
    shapes: number[][],
    run: (inputs: tf.Tensor[]) => tf.Tensor,
    reference: Reference,
  ): ConformanceCase => ({ kernel, detail: `${detail} of [${shapes.join('], [')}]`, shapes, run, reference });
  const x4 = [2, 3, 4, 5];
  return [
    move(
      tf.Reshape,
      'to [6, 4]',
      [[2, 3, 4]],
      ([x]) => tf.reshape(x!, [6, 4]),
      ([x]) => f64.reshape(x!, [6, 4]),
    ),
    ...[
      { shape: [3, 5], order: [1, 0] },
      { shape: [2, 3, 4], order: [1, 0, 2] },
      { shape: x4, order: [0, 2, 1, 3] },
      { shape: x4, order: [3, 1, 0, 2] },
    ].map(({ shape, order }) =>
      move(
        tf.Transpose,
        `to order [${order}]`,
        [shape],
        ([x]) => tf.transpose(x!, order),
        ([x]) => f64.transpose(x!, order),
      ),
    ),
    ...[
      {
        shapes: [
          [3, 5],
          [2, 5],
        ],
        axis: 0,
      },
      {
        shapes: [
          [3, 5],
          [3, 1],
          [3, 9],
        ],
        axis: 1,
      },
      {
        shapes: [
          [2, 0, 4],
          [2, 3, 4],
        ],
        axis: 1,
      },
      { shapes: [x4, x4], axis: 3 },
    ].map(({ shapes, axis }) =>
      move(
        tf.Concat,
        `along ${axis}`,
        shapes,
        (inputs) => tf.concat(inputs, axis),
        (inputs) => f64.concat(inputs, axis),
      ),
    ),
    ...[
      { shape: [9], begin: [2], size: [4] },
      { shape: [4, 6], begin: [0, 3], size: [4, 3] },
      { shape: [4, 6], begin: [1, 2], size: [2, 3] },
      { shape: [3, 4, 5], begin: [0, 1, 0], size: [3, 2, 5] },
      { shape: x4, begin: [1, 0, 2, 1], size: [1, 3, 2, 3] },
    ].map(({ shape, begin, size }) =>
      move(
        tf.Slice,
        `from [${begin}] [${size}]`,
        [shape],
        ([x]) => tf.slice(x!, begin, size),
        ([x]) => f64.slice(x!, begin, size),
      ),
    ),
    move(
      tf.SplitV,
      'in [2, 3, 1], the pieces added up over',
      [[5, 6]],
      ([x]) => {
        const [a, b, c] = tf.split(x!, [2, 3, 1], 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
        return tf.concat([tf.mul(b, 2), c, a], 1);
      },
      ([x]) => {
        const part = (begin: number, size: number) => f64.slice(x!, [0, begin], [5, size]);
        return f64.concat([f64.map(part(2, 3), (value) => 2 * value), part(5, 1), part(0, 2)], 1);
      },
    ),
    ...[0, 1, 2].map((axis) =>
      move(
        tf.GatherV2,
        `[2, 0, 2, 1] along ${axis}`,
        [[3, 4, 5]],
        ([x]) => tf.gather(x!, tf.tensor1d([2, 0, 2, 1], 'int32'), axis),
        ([x]) => f64.gather(x!, [2, 0, 2, 1], axis),
      ),
    ),
    {
      ...move(
        tf.UnsortedSegmentSum,
        'by [1, 3, 1, 0, 3]',
        [[5, 3, 2]],
        ([x]) => tf.unsortedSegmentSum(x!, tf.tensor1d([1, 3, 1, 0, 3], 'int32'), 4),
        ([x]) =>
          f64.build([4, 3, 2], ([segment, i, j]) =>
            f64.total([1, 3, 1, 0, 3].map((id, row) => (id === segment ? f64.read(x!, [row, i!, j!]) : 0))),
          ),
      ),
    },
    move(
      tf.Tile,
      'by [2, 1, 3]',
      [[2, 3, 4]],
      ([x]) => tf.tile(x!, [2, 1, 3]),
      ([x]) => f64.build([4, 3, 12], ([i, j, k]) => f64.read(x!, [i! % 2, j!, k! % 4])),
    ),
    move(
      tf.PadV2,
      'by 1, 2 and 0, 3',
      [[3, 4]],
      ([x]) =>
        tf.pad(x!, [
          [1, 2],
          [0, 3],
        ]),
      ([x]) => f64.build([6, 7], ([i, j]) => (i! >= 1 && i! < 4 && j! < 4 ? f64.read(x!, [i! - 1, j!]) : 0)),
    ),
    ...[0, 1, 2].map((axis) =>
      move(
        tf.Cumsum,
        `along ${axis}`,
        [[2, 3, 4]],
        ([x]) => tf.cumsum(x!, axis),
        ([x]) =>
          f64.build([2, 3, 4], (index) => {
            let sum = 0;
            for (let i = 0; i <= index[axis]!; i++)
              sum += f64.read(
                x!,
                index.map((own, a) => (a === axis ? i : own)),
              );
            return sum;
          }),
      ),
    ),
    move(
      tf.AddN,
      'three',
      [
        [3, 5],
        [3, 5],
        [3, 5],
      ],
      (inputs) => tf.addN(inputs),
      (inputs) => inputs.reduce((sum, x) => f64.combine(sum, x, (a, b) => a + b)),
    ),
    move(
      tf.Select,
      'by a comparison',
      [
        [4, 5],
        [4, 5],
      ],
      ([x, y]) => tf.where(tf.greater(tf.mul(x!, 2), tf.scalar(0.1)), tf.mul(x!, y!), y!),
      ([x, y]) => f64.combine(x!, y!, (x, y) => (2 * x > 0.1 ? x * y : y)),
    ),
  ];
}

function normalisations(): ConformanceCase[] {
  const shapes = [[7], [3, 1], [4, 9], [2, 3, 6], [2, 2, 3, 33]];
  const last = (x: Array64) => [x.shape.length - 1];
  const logSumExp = (x: Array64) =>
    f64.map(f64.reduce(f64.map(x, Math.exp), last(x), true, f64.total), Math.log);
  return shapes.flatMap((shape): ConformanceCase[] => [
    {
      ...{ kernel: tf.Softmax, detail: `[${shape}]`, shapes: [shape] },
      run: ([x]) => tf.softmax(tf.mul(x!, 5)),
      reference: ([x]) => f64.softmax(f64.map(x!, (value) => 5 * value)),
    },
    {
      ...{ kernel: tf.LogSoftmax, detail: `[${shape}]`, shapes: [shape] },
      run: ([x]) => tf.logSoftmax(x!),
      reference: ([x]) => f64.combine(x!, logSumExp(x!), (value, norm) => value - norm),
    },
    {
      ...{ kernel: 'LogSumExp', detail: `[${shape}]`, shapes: [shape] },
      run: ([x]) => tf.logSumExp(x!, -1, true),
      reference: ([x]) => logSumExp(x!),
    },
  ]);
}

function runFused(name: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap = {}): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attributes) as tf.Tensor;
}

const silu = (x: number) => x / (1 + Math.exp(-x));

function fusedKernels(): ConformanceCase[] {
  return [
    ...[
      [1, 1],
      [5, 7],
      [3, 64],
      [2, 3, 10],
    ].map((shape): ConformanceCase => {
      const width = shape.at(-1)!;
      return {
        ...{
          kernel: 'CppoRmsNorm',
          detail: `[${shape}]`,
          shapes: [shape, [width]],
          requires: ['CppoRmsNorm'],
        },
        run: ([x, weight]) => runFused('CppoRmsNorm', { x: x!, weight: weight! }, { epsilon: 1e-3 }),
        reference: ([x, weight]) => {
          const squares = f64.reduce(
            f64.map(x!, (value) => value * value),
            [shape.length - 1],
            true,
            f64.total,
          );
          const normal = f64.combine(x!, squares, (value, sum) => value / Math.sqrt(sum / width + 1e-3));
          return f64.combine(normal, weight!, (a, b) => a * b);
        },
      };
    }),
    ...[[3], [5, 7], [2, 3, 8]].map(
      (shape): ConformanceCase => ({
        ...{ kernel: 'CppoSwiGlu', detail: `[${shape}]`, shapes: [shape, shape], requires: ['CppoSwiGlu'] },
        run: ([gate, up]) => runFused('CppoSwiGlu', { gate: gate!, up: up! }),
        reference: ([gate, up]) => f64.combine(gate!, up!, (gate, up) => silu(gate) * up),
      }),
    ),
    ...[
      [3, 2, 2],
      [5, 3, 6],
      [2, 4, 16],
    ].map((shape): ConformanceCase => {
      const [rows, , width] = shape as [number, number, number];
      const half = width / 2;
      // The halves have angles of their own, which a rotation proper does not need but the kernel allows.
      const angle = ([i, , j]: number[]) => i! * 0.7 + j! * 0.3;
      const table = (of: (angle: number) => number) =>
        f64.build([rows, 1, width], (index) => of(angle(index)));
      const [cos, sin] = [table(Math.cos), table(Math.sin)];
      const tensor = (x: Array64) => tf.tensor(Float32Array.from(x.data), [...x.shape]);
      return {
        ...{ kernel: 'CppoRotary', detail: `[${shape}]`, shapes: [shape], requires: ['CppoRotary'] },
        run: ([x]) => runFused('CppoRotary', { x: x!, cos: tensor(cos), sin: tensor(sin) }),
        reference: ([x]) =>
          f64.build(shape, ([i, j, k]) => {
            const turned = k! < half ? -f64.read(x!, [i!, j!, k! + half]) : f64.read(x!, [i!, j!, k! - half]);
            return (
              f64.read(x!, [i!, j!, k!]) * f64.read(cos, [i!, 0, k!]) + turned * f64.read(sin, [i!, 0, k!])
            );
          }),
      };
    }),
    ...[0, 1, 2].map((which): ConformanceCase => {
      const attributes = {
        learningRate: 0.1,
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-3,
        weightDecay: 0.2,
        step: 3,
      };
      const { learningRate, beta1, beta2, epsilon, weightDecay, step } = attributes;
      return {
        kernel: 'CppoAdam',
        detail: `[3, 5], ${['variable', 'first moment', 'second moment'][which]}`,
        shapes: [
          [3, 5],
          [3, 5],
          [3, 5],
          [3, 5],
        ],
        domain: (value) => Math.abs(value) + 0.1,
        requires: ['CppoAdam'],
        differentiable: false,
        run: ([variable, gradient, first, second]) => {
          const inputs = { variable: variable!, gradient: gradient!, first: first!, second: second! };
          return (tf.engine().runKernel('CppoAdam', inputs, attributes) as unknown as tf.Tensor[])[which]!;
        },
        reference: ([variable, gradient, first, second]) => {
          const newFirst = f64.combine(first!, gradient!, (m, g) => beta1 * m + (1 - beta1) * g);
          const newSecond = f64.combine(second!, gradient!, (v, g) => beta2 * v + (1 - beta2) * g * g);
          const step1 = f64.combine(
            newFirst,
            newSecond,
            (m, v) => m / (1 - beta1 ** step) / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon),
          );
          const newVariable = f64.combine(
            variable!,
            step1,
            (w, s) => w * (1 - learningRate * weightDecay) - learningRate * s,
          );
          return [newVariable, newFirst, newSecond][which]!;
        },
      };
    }),
  ];
}

const positive = (value: number) => Math.abs(value) + 0.1;
/** Away from 0, where the gradient jumps. */
const apart = (value: number) => value + Math.sign(value) * 0.1;

/** Everything that a Qwen2.5-VL and its training take. */
export function conformanceCases(): ConformanceCase[] {
  return [
    ...matMuls(),
    ...fusedMatMuls(),
    ...binary(tf.Add, tf.add, (a, b) => a + b),
    ...binary(tf.Sub, tf.sub, (a, b) => a - b),
    ...binary(tf.Multiply, tf.mul, (a, b) => a * b),
    ...binary(tf.RealDiv, tf.div, (a, b) => a / b, positive),
    ...binary(tf.Maximum, tf.maximum, Math.max),
    ...binary(tf.Minimum, tf.minimum, Math.min),
    ...unary(
      tf.Exp,
      (x) => tf.exp(tf.mul(x, 20)),
      (x) => Math.exp(20 * x),
    ),
    ...unary(tf.Log, tf.log, Math.log, positive),
    ...unary(tf.Sqrt, tf.sqrt, Math.sqrt, positive),
    ...unary(tf.Rsqrt, tf.rsqrt, (x) => 1 / Math.sqrt(x), positive),
    ...unary(tf.Square, tf.square, (x) => x * x),
    ...unary(tf.Neg, tf.neg, (x) => -x),
    ...unary(tf.Abs, tf.abs, Math.abs, apart),
    ...unary(tf.Relu, tf.relu, (x) => Math.max(x, 0), apart),
    ...unary(
      tf.Sigmoid,
      (x) => tf.sigmoid(tf.mul(x, 20)),
      (x) => 1 / (1 + Math.exp(-20 * x)),
    ),
    ...unary(tf.Erf, tf.erf, f64.erf),
    ...unary(
      tf.ClipByValue,
      (x) => tf.clipByValue(x, -0.5, 0.5),
      (x) => Math.min(Math.max(x, -0.5), 0.5),
    ),
    ...reductions(),
    ...normalisations(),
    ...movements(),
    ...fusedKernels(),
    ...attentionCases(),
    ...decoderTokenCases(),
    ...packedCases(),
  ];
}
