import * as tf from '@tensorflow/tfjs-core';
import type { ConformanceCase } from './cases.js';
import type { Array64 } from './float64.js';
import * as f64 from './float64.js';

/** Sizes of a decoder, in the letters of `decoderTokenOperands`; `places` are the branches' among P prompts with room for W each. */
interface Decoder {
  readonly layers: number;
  readonly V: number;
  readonly D: number;
  readonly I: number;
  readonly heads: number;
  readonly kv: number;
  readonly hd: number;
  readonly P: number;
  readonly W: number;
  readonly places: readonly number[];
  readonly L: number;
  readonly long: number;
  readonly short: number;
}

const small = { layers: 2, V: 53, D: 12, I: 50, heads: 4, kv: 2, hd: 6, P: 2, W: 7, L: 5, long: 3, short: 2 };
const decoders: readonly (Decoder & { readonly detail: string })[] = [
  { ...small, places: [0, 1, 2, 3, 5, 7, 8, 11, 13], detail: 'branches, some places empty' },
  { ...small, places: [3, 12], detail: 'few branches' },
  {
    ...{ layers: 1, V: 3, D: 8, I: 6, heads: 1, kv: 1, hd: 18, P: 1, W: 9, L: 1, long: 0, short: 0 },
    ...{ places: [0, 1, 2, 3, 4, 5, 6, 7, 8], detail: 'the first token of each' },
  },
];
const epsilon = 1e-5;

/** Inputs in order, by name. Those of the layers come after the others. */
function shapesOf({ layers, V, D, I, heads, kv, hd, P, W, places, L, long, short }: Decoder) {
  const [Q, K, N, B] = [heads * hd, kv * hd, places.length, layers * P * kv * W];
  const ofLayer: Record<string, number[]> = {
    ...{ inputNorm: [D], q: [Q, D], qBias: [Q], k: [K, D], kBias: [K], v: [K, D], vBias: [K], o: [D, Q] },
    ...{ attentionNorm: [D], gate: [I, D], up: [I, D], down: [D, I] },
    ...{ prefixKeys: [P * kv, L, hd], prefixValues: [P * kv, L, hd] },
  };
  const shapes: Record<string, number[]> = {
    ...{
      embedding: [V, D],
      cos: [N, 1, hd],
      sin: [N, 1, hd],
      norm: [D],
      head: [V, D],
      prefixBias: [P * kv, 1, 1, L],
    },
    ...{
      longKeys: [B, long, hd],
      longValues: [B, long, hd],
      shortKeys: [B, short, hd],
      shortValues: [B, short, hd],
    },
  };
  for (let layer = 0; layer < layers; layer++) {
    for (const [name, shape] of Object.entries(ofLayer)) shapes[`${layer}.${name}`] = shape;
  }
  return shapes;
}

const tokenOf = (branch: number, { V }: Decoder) => (branch * 7 + 1) % V;

/** The batch of a key/value head of a branch, within a layer. */
const batchOf = (place: number, group: number, { kv, W }: Decoder) =>
  (Math.floor(place / W) * kv + group) * W + (place % W);

export function decoderTokenCases(): ConformanceCase[] {
  return decoders.flatMap((decoder) => {
    const names = Object.keys(shapesOf(decoder));
    return ['logits', 'keys', 'values'].map(
      (part, which): ConformanceCase => ({
        ...{ kernel: 'CppoDecoderToken', detail: `${decoder.detail}, ${part}` },
        ...{
          requires: ['CppoDecoderToken'],
          differentiable: false,
          shapes: Object.values(shapesOf(decoder)),
        },
        run: (tensors) => {
          const { heads, kv, places, layers } = decoder;
          const repeats = heads / kv;
          const rows = places.map((place) =>
            Array.from({ length: heads }, (_, head) => {
              const batch = batchOf(place, Math.floor(head / repeats), decoder);
              return batch * repeats + (head % repeats);
            }),
          );
          const inputs = {
            ...Object.fromEntries(names.map((name, i) => [name, tensors[i] as tf.Tensor])),
            tokens: tf.tensor1d(
              places.map((_, branch) => tokenOf(branch, decoder)),
              'int32',
            ),
            resultRows: tf.tensor2d(rows, undefined, 'int32'),
          };
          const outputs = tf.engine().runKernel('CppoDecoderToken', inputs, { epsilon, layers });
          return (outputs as unknown as tf.Tensor[])[which] as tf.Tensor;
        },
        reference: (inputs) => {
          const named = Object.fromEntries(names.map((name, i) => [name, inputs[i] as Array64]));
          return reference(decoder, named)[which] as Array64;
        },
      }),
    );
  });
}

/** Row `row` of a matrix. */
function rowOf(x: Array64, row: number): number[] {
  return Array.from({ length: x.shape[1] as number }, (_, i) => f64.read(x, [row, i]));
}

function linear(x: readonly number[], weight: Array64, bias?: Array64): number[] {
  return Array.from({ length: weight.shape[0] as number }, (_, out) =>
    x.reduce((sum, value, i) => sum + value * f64.read(weight, [out, i]), bias ? f64.read(bias, [out]) : 0),
  );
}

function normalised(x: readonly number[], weight: Array64): number[] {
  const mean = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  return x.map((value, i) => (value * f64.read(weight, [i])) / Math.sqrt(mean + epsilon));
}

function reference(decoder: Decoder, inputs: Record<string, Array64>): [Array64, Array64, Array64] {
  const { layers, heads, kv, hd, W, P, places, L, long, short } = decoder;
  const get = (name: string) => inputs[name] as Array64;
  const batches = P * kv * W;
  const grown = [get('shortKeys'), get('shortValues')].map((before) =>
    f64.build([layers * batches, short + 1, hd], ([batch, token, i]) =>
      token! < short ? f64.read(before, [batch!, token!, i!]) : 0,
    ),
  ) as [Array64, Array64];
  const put = (x: Array64, batch: number, values: readonly number[]) => {
    for (const [i, value] of values.entries()) x.data[(batch * (short + 1) + short) * hd + i] = value;
  };
  const logits = places.map((place, branch) => {
    const turned = (x: readonly number[]) =>
      x.map((value, i) => {
        const at = i % hd;
        const other = at < hd / 2 ? -x[i + hd / 2]! : x[i - hd / 2]!;
        return value * f64.read(get('cos'), [branch, 0, at]) + other * f64.read(get('sin'), [branch, 0, at]);
      });
    let states = rowOf(get('embedding'), tokenOf(branch, decoder));
    for (let layer = 0; layer < layers; layer++) {
      const of = (name: string) => get(`${layer}.${name}`);
      const y = normalised(states, of('inputNorm'));
      const queries = turned(linear(y, of('q'), of('qBias')));
      const keys = turned(linear(y, of('k'), of('kBias')));
      const values = linear(y, of('v'), of('vBias'));
      const attended = Array.from({ length: heads }, (_, head) => {
        const group = Math.floor((head * kv) / heads);
        const prompt = Math.floor(place / W) * kv + group;
        const batch = layer * batches + batchOf(place, group, decoder);
        put(grown[0], batch, keys.slice(group * hd, (group + 1) * hd));
        put(grown[1], batch, values.slice(group * hd, (group + 1) * hd));
        const seen = [
          ...Array.from({ length: L }, (_, t) => ({
            from: of('prefixKeys'),
            to: of('prefixValues'),
            at: [prompt, t],
          })),
          ...Array.from({ length: long }, (_, t) => ({
            from: get('longKeys'),
            to: get('longValues'),
            at: [batch, t],
          })),
          ...Array.from({ length: short + 1 }, (_, t) => ({ from: grown[0], to: grown[1], at: [batch, t] })),
        ];
        const weights = seen.map(({ from, at }, t) => {
          let score = t < L ? f64.read(get('prefixBias'), [prompt, 0, 0, t]) : 0;
          for (let i = 0; i < hd; i++)
            score += (queries[head * hd + i]! * f64.read(from, [...at, i])) / Math.sqrt(hd);
          return Math.exp(score);
        });
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        return Array.from({ length: hd }, (_, i) =>
          seen.reduce((sum, { to, at }, t) => sum + (weights[t]! / total) * f64.read(to, [...at, i]), 0),
        );
      }).flat();
      const mixed = linear(attended, of('o'));
      states = states.map((value, i) => value + mixed[i]!);
      const z = normalised(states, of('attentionNorm'));
      const up = linear(z, of('up'));
      const gate = linear(z, of('gate')).map((value, i) => (value / (1 + Math.exp(-value))) * up[i]!);
      const end = linear(gate, of('down'));
      states = states.map((value, i) => value + end[i]!);
    }
    return linear(normalised(states, get('norm')), get('head'));
  });
  return [f64.build([places.length, decoder.V], ([branch, token]) => logits[branch!]![token!]!), ...grown];
}
