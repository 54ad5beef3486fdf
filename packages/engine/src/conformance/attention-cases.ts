import * as tf from '@tensorflow/tfjs-core';
import type { AttentionAttributes } from '../kernels/attention.js';
import type { ConformanceCase } from './conformance-case.js';
import type { Array64 } from './float64.js';
import * as f64 from './float64.js';

type Run = readonly [start: number, end: number, from: number, to: number];

/** The prefix's rows, two sequences and their continuations; and sequences alone whose rows see all of each other. */
const continued: readonly Run[] = [
  [0, 2, 0, 0],
  [2, 7, 0, 0],
  [8, 11, 2, 7],
  [11, 12, 2, 7],
  [7, 8, 0, 0],
  [12, 14, 7, 8],
];
const windows: readonly Run[] = [
  [0, 4, 0, 0],
  [4, 5, 0, 0],
  [5, 14, 0, 0],
];

export function attentionCases(): ConformanceCase[] {
  const settings: [readonly Run[], AttentionAttributes, number][] = [
    [continued, { prefix: 2, causal: true, heads: 4, keyValueHeads: 2 }, 6],
    [continued, { prefix: 2, causal: true, heads: 3, keyValueHeads: 1 }, 8],
    [windows, { prefix: 0, causal: false, heads: 2, keyValueHeads: 2 }, 20],
    [windows, { prefix: 0, causal: true, heads: 1, keyValueHeads: 1 }, 1],
  ];
  return settings.map(([runs, attributes, hd]): ConformanceCase => {
    const { heads, keyValueHeads, causal } = attributes;
    const rows = 14;
    return {
      kernel: 'CppoAttention',
      detail: `${heads} heads of ${hd}, ${keyValueHeads} for keys, ${runs === continued ? 'continued sequences' : causal ? 'causal sequences' : 'windows'}`,
      shapes: [
        [rows, heads * hd],
        [rows, keyValueHeads * hd],
        [rows, keyValueHeads * hd],
      ],
      requires: ['CppoAttention'],
      run: ([q, k, v]) => {
        const inputs = {
          q: q!,
          k: k!,
          v: v!,
          runs: tf.tensor2d(runs as unknown as number[][], undefined, 'int32'),
        };
        return tf.engine().runKernel('CppoAttention', inputs, { ...attributes }) as tf.Tensor;
      },
      reference: ([q, k, v]) => reference(q!, k!, v!, runs, attributes, hd),
    };
  });
}

function reference(
  q: Array64,
  k: Array64,
  v: Array64,
  runs: readonly Run[],
  { prefix, causal, heads, keyValueHeads }: AttentionAttributes,
  hd: number,
): Array64 {
  const seenFrom = (row: number): number[] => {
    const [start, end, from, to] = runs.find(([start, end]) => start <= row && row < end) as Run;
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
    return [
      ...range(0, start < prefix ? 0 : prefix),
      ...range(from, to),
      ...range(start, causal ? row + 1 : end),
    ];
  };
  return f64.build([q.shape[0]!, heads * hd], ([row, channel]) => {
    const head = Math.floor(channel! / hd);
    const key = Math.floor((head * keyValueHeads) / heads) * hd;
    const seen = seenFrom(row!);
    const weights = seen.map((other) => {
      let score = 0;
      for (let i = 0; i < hd; i++)
        score += f64.read(q, [row!, head * hd + i]) * f64.read(k, [other, key + i]);
      return Math.exp(score / Math.sqrt(hd));
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return seen.reduce(
      (sum, other, i) => sum + (weights[i]! / total) * f64.read(v, [other, key + (channel! % hd)]),
      0,
    );
  });
}
