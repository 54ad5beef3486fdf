import * as tf from '@tensorflow/tfjs-core';
import { layerWeights } from '../kernels/decoder-token.js';
import type { PackedFormat } from '../kernels/packed-weight.js';
import type { ConformanceCase } from './conformance-case.js';
import type { Array64 } from './float64.js';
import * as f64 from './float64.js';
import { madeUpMatrix, packedTensors } from './packed-cases.js';
import { nearestBfloat16, type PlainWeight, packPlainly } from './plain-weight.js';

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
  /** How all its weights are packed; not, if absent. */
  readonly format?: PackedFormat;
  readonly rounded?: boolean;
  /** Whether every weight of a layer but one has an adapter, and every one a bias. */
  readonly adapted?: boolean;
  /** Whether the queries and keys of every head are normalised. */
  readonly headNorms?: boolean;
  /** Whether keys and values are bfloat16. */
  readonly halved?: boolean;
}

const small = { layers: 2, V: 53, D: 12, I: 50, heads: 4, kv: 2, hd: 6, P: 2, W: 7, L: 5, long: 3, short: 2 };
const many = [0, 1, 2, 3, 5, 7, 8, 11, 13];
/** So many that no engine multiplies them one by one. */
const crowd = { W: 10, places: Array.from({ length: 18 }, (_, i) => i) };
/**
 * A number next to the middle between two bfloat16 may go either way, as float32 before it was not exact. That changes a key by
 * up to 2⁻⁸, and logits by some 2·10⁻⁵; a decoder that does not round is off by 3·10⁻³ and more.
 */
const toleranceOf = ({ rounded, halved }: Decoder, part: string) =>
  halved && part !== 'logits' ? 2 ** -8 : rounded || halved ? 1e-3 : undefined;
const roundedOnes = { ...small, layers: 1, adapted: true, halved: true, rounded: true };
const decoders: readonly (Decoder & { readonly detail: string })[] = [
  { ...small, places: many, detail: 'branches, some places empty' },
  { ...small, places: [3, 12], detail: 'few branches' },
  {
    ...{ layers: 1, V: 3, D: 8, I: 6, heads: 1, kv: 1, hd: 18, P: 1, W: 9, L: 1, long: 0, short: 0 },
    ...{ places: [0, 1, 2, 3, 4, 5, 6, 7, 8], detail: 'the first token of each' },
  },
  { ...small, headNorms: true, places: many, detail: 'branches, normalised heads' },
  { ...small, headNorms: true, places: [3, 12], detail: 'few branches, normalised heads' },
  {
    ...{ ...roundedOnes, ...crowd, format: 'int8', headNorms: true },
    detail: 'many branches, int8 rounded, halved cache, normalised heads',
  },
  { ...small, adapted: true, places: many, detail: 'branches, adapters' },
  { ...small, adapted: true, places: [3, 12], detail: 'few branches, adapters' },
  ...(['bfloat16', 'int8', 'nf4'] as const).flatMap((format) => [
    { ...small, ...crowd, format, detail: `many branches, ${format}` },
    { ...small, format, places: many, detail: `branches, ${format}` },
    { ...small, format, adapted: true, places: [3, 12], detail: `few branches, ${format}, adapters` },
    { ...roundedOnes, ...crowd, format, detail: `many branches, ${format} rounded, adapters, halved cache` },
    { ...roundedOnes, format, places: [3, 12], detail: `few branches, ${format} rounded, halved cache` },
  ]),
  { ...small, halved: true, L: 70, places: [0, 8], detail: 'few branches, halved cache of many keys' },
];
const epsilon = 1e-5;
const rank = 3;

/** What is packed: a weight, or keys or values as the rows of one. */
interface PackedInput {
  readonly weight: PlainWeight;
  readonly shape: readonly number[];
}

/** Shapes, by name, of the inputs that are float32, and those that are packed. */
function inputsOf(decoder: Decoder): {
  shapes: Record<string, number[]>;
  packed: Record<string, PackedInput>;
} {
  const { layers, V, D, I, heads, kv, hd, P, W, places, L, long, short, format, adapted, halved, headNorms } =
    decoder;
  const [Q, K, N, B] = [heads * hd, kv * hd, places.length, layers * P * kv * W];
  const shapes: Record<string, number[]> = {
    ...{ cos: [N, 1, hd], sin: [N, 1, hd], norm: [D], prefixBias: [P * kv, 1, 1, L] },
  };
  const packed: Record<string, PackedInput> = {};
  const add = (name: string, shape: number[], how: PackedFormat | undefined) => {
    const [columns, rows] = [shape.at(-1)!, f64.sizeOf(shape.slice(0, -1))];
    const numbers = madeUpMatrix(rows, columns, 100 + Object.keys(packed).length, false);
    if (how) packed[name] = { weight: packPlainly(numbers, how, rows, columns), shape };
    else shapes[name] = shape;
  };
  const addCaches = (names: readonly string[], batches: number, length: number) => {
    for (const name of names) add(name, [batches, length, hd], halved ? 'bfloat16' : undefined);
  };
  add('embedding', [V, D], format);
  add('head', [V, D], format);
  addCaches(['longKeys', 'longValues'], B, long);
  addCaches(['shortKeys', 'shortValues'], B, short);
  const sizes: Record<(typeof layerWeights)[number], readonly [number, number]> = {
    ...{ q: [Q, D], k: [K, D], v: [K, D], o: [D, Q], gate: [I, D], up: [I, D], down: [D, I] },
  };
  for (let layer = 0; layer < layers; layer++) {
    for (const name of layerWeights) {
      const [rows, columns] = sizes[name];
      add(`${layer}.${name}`, [rows, columns], format);
      if (adapted || ['q', 'k', 'v'].includes(name)) shapes[`${layer}.${name}Bias`] = [rows];
      if (!adapted || name === 'k') continue;
      shapes[`${layer}.${name}Down`] = [rank, columns];
      shapes[`${layer}.${name}Up`] = [rows, rank];
    }
    Object.assign(shapes, { [`${layer}.inputNorm`]: [D], [`${layer}.attentionNorm`]: [D] });
    if (headNorms) Object.assign(shapes, { [`${layer}.qNorm`]: [hd], [`${layer}.kNorm`]: [hd] });
    addCaches([`${layer}.prefixKeys`, `${layer}.prefixValues`], P * kv, L);
  }
  return { shapes, packed };
}

const tokenOf = (branch: number, { V }: Decoder) => (branch * 7 + 1) % V;

/** The batch of a key/value head of a branch, within a layer. */
const batchOf = (place: number, group: number, { kv, W }: Decoder) =>
  (Math.floor(place / W) * kv + group) * W + (place % W);

const isCache = (name: string) => /(Keys|Values)$/.test(name);

export function decoderTokenCases(): ConformanceCase[] {
  return decoders.flatMap((decoder) => {
    const { heads, kv, hd, places, layers, rounded = false, halved } = decoder;
    const { shapes, packed } = inputsOf(decoder);
    const names = Object.keys(shapes);
    return ['logits', 'keys', 'values'].map((part, which): ConformanceCase => {
      const tolerance = toleranceOf(decoder, part);
      return {
        ...(tolerance !== undefined && { tolerance }),
        ...{ kernel: 'CppoDecoderToken', detail: `${decoder.detail}, ${part}` },
        ...{ requires: ['CppoDecoderToken'], differentiable: false, shapes: Object.values(shapes) },
        run: (tensors) => {
          const repeats = heads / kv;
          const rows = places.map((place) =>
            Array.from({ length: heads }, (_, head) => {
              const batch = batchOf(place, Math.floor(head / repeats), decoder);
              return batch * repeats + (head % repeats);
            }),
          );
          const inputs: Record<string, tf.Tensor> = {
            ...Object.fromEntries(names.map((name, i) => [name, tensors[i] as tf.Tensor])),
            tokens: tf.tensor1d(
              places.map((_, branch) => tokenOf(branch, decoder)),
              'int32',
            ),
            resultRows: tf.tensor2d(rows, undefined, 'int32'),
          };
          const how: Record<string, object> = {};
          for (const [name, { weight, shape }] of Object.entries(packed)) {
            if (isCache(name)) {
              inputs[name] = tf.tensor(weight.words, [...shape.slice(0, -1), hd / 2], 'int32');
              continue;
            }
            Object.assign(inputs, packedTensors(weight, name));
            how[name] = { format: weight.format, rows: weight.rows, columns: weight.columns };
          }
          // Plain objects are attributes too, though their type leaves them out.
          const attributes = { epsilon, layers, rounded, packed: how as unknown as string };
          const outputs = tf.engine().runKernel('CppoDecoderToken', inputs, attributes);
          const output = (outputs as unknown as tf.Tensor[])[which] as tf.Tensor;
          return which > 0 && halved ? widened(output, hd) : output;
        },
        reference: (inputs) => {
          const given = Object.fromEntries(names.map((name, i) => [name, inputs[i] as Array64]));
          return reference(decoder, given, packed)[which] as Array64;
        },
      };
    });
  });
}

/** Words of bfloat16 pairs as numbers. */
function widened(words: tf.Tensor, hd: number): tf.Tensor {
  const [batches, tokens] = words.shape as [number, number, number];
  const rows = batches * tokens;
  const inputs = { ids: tf.range(0, rows, 1, 'int32'), words: tf.reshape(words, [rows, hd / 2]) };
  const attributes = { format: 'bfloat16', rows, columns: hd };
  const numbers = tf.engine().runKernel('CppoPackedRows', inputs, attributes) as tf.Tensor;
  return tf.reshape(numbers, [batches, tokens, hd]);
}

/** Row `row` of a matrix. */
function rowOf(x: Array64, row: number): number[] {
  return Array.from({ length: x.shape[1] as number }, (_, i) => f64.read(x, [row, i]));
}

function times(x: readonly number[], weight: Array64): number[] {
  return Array.from({ length: weight.shape[0] as number }, (_, out) =>
    x.reduce((sum, value, i) => sum + value * f64.read(weight, [out, i]), 0),
  );
}

function normalised(x: readonly number[], weight: Array64): number[] {
  const mean = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  return x.map((value, i) => (value * f64.read(weight, [i])) / Math.sqrt(mean + epsilon));
}

/** The matrix of a packed weight: what products read, or whole. */
function denseOf({ weight, shape }: PackedInput, rounded?: boolean): Array64 {
  const { rows, columns, stored, scale } = weight;
  const matrix = f64.build([rows, columns], ([row, column]) => {
    const number = stored(row!, column!);
    if (rounded === undefined) return Math.fround(number * scale(row!));
    return rounded ? nearestBfloat16(number) : number;
  });
  return f64.reshape(matrix, shape);
}

function reference(
  decoder: Decoder,
  given: Record<string, Array64>,
  packed: Record<string, PackedInput>,
): [Array64, Array64, Array64] {
  const { layers, heads, kv, hd, W, P, places, L, long, short, rounded = false, halved } = decoder;
  const kept = (value: number) => (halved ? nearestBfloat16(value) : value);
  const inputs: Record<string, Array64> = { ...given };
  const products: Record<string, Array64> = {};
  for (const [name, input] of Object.entries(packed)) {
    inputs[name] = denseOf(input);
    products[name] = denseOf(input, rounded);
  }
  const get = (name: string) => inputs[name] as Array64;
  const linear = (x: readonly number[], name: string): number[] => {
    const weight = packed[name]?.weight;
    const sums = weight
      ? times(rounded ? x.map(nearestBfloat16) : x, products[name] as Array64)
      : times(x, get(name));
    const [down, up, bias] = [inputs[`${name}Down`], inputs[`${name}Up`], inputs[`${name}Bias`]];
    const more = down && up && times(times(x, down), up);
    return sums.map(
      (sum, out) => sum * (weight?.scale(out) ?? 1) + (more?.[out] ?? 0) + (bias ? f64.read(bias, [out]) : 0),
    );
  };
  const batches = P * kv * W;
  const grown = [get('shortKeys'), get('shortValues')].map((before) =>
    f64.build([layers * batches, short + 1, hd], ([batch, token, i]) =>
      token! < short ? f64.read(before, [batch!, token!, i!]) : 0,
    ),
  ) as [Array64, Array64];
  const put = (x: Array64, batch: number, values: readonly number[]) => {
    for (const [i, value] of values.entries()) x.data[(batch * (short + 1) + short) * hd + i] = kept(value);
  };
  const logits = places.map((place, branch) => {
    const turned = (x: readonly number[]) =>
      x.map((value, i) => {
        const at = i % hd;
        const other = at < hd / 2 ? -x[i + hd / 2]! : x[i - hd / 2]!;
        return value * f64.read(get('cos'), [branch, 0, at]) + other * f64.read(get('sin'), [branch, 0, at]);
      });
    const headsNormalised = (x: readonly number[], name: string) => {
      const weight = inputs[name];
      if (!weight) return x;
      return x.flatMap((_, i) => (i % hd === 0 ? normalised(x.slice(i, i + hd), weight) : []));
    };
    let states = rowOf(get('embedding'), tokenOf(branch, decoder));
    for (let layer = 0; layer < layers; layer++) {
      const of = (name: string) => get(`${layer}.${name}`);
      const y = normalised(states, of('inputNorm'));
      const queries = turned(headsNormalised(linear(y, `${layer}.q`), `${layer}.qNorm`));
      const keys = turned(headsNormalised(linear(y, `${layer}.k`), `${layer}.kNorm`));
      const values = linear(y, `${layer}.v`);
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
      const mixed = linear(attended, `${layer}.o`);
      states = states.map((value, i) => value + mixed[i]!);
      const z = normalised(states, of('attentionNorm'));
      const up = linear(z, `${layer}.up`);
      const gate = linear(z, `${layer}.gate`).map((value, i) => (value / (1 + Math.exp(-value))) * up[i]!);
      const end = linear(gate, `${layer}.down`);
      states = states.map((value, i) => value + end[i]!);
    }
    return linear(normalised(states, get('norm')), 'head');
  });
  return [f64.build([places.length, decoder.V], ([branch, token]) => logits[branch!]![token!]!), ...grown];
}
