import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from './expect.js';
import { type Field, layout, real, size, sizes, whole } from './layout.js';
import { mapped } from './mapped.js';
import { expectPacked, type PackedAttributes, type WeightFormat, weightLayout } from './packed-weight.js';

const KERNEL = 'CppoDecoderToken';

/** Attributes of `CppoDecoderToken`. */
export interface DecoderTokenAttributes {
  readonly epsilon: number;
  readonly layers: number;
  /** Whether operands of products with packed weights are rounded to bfloat16. Default false. */
  readonly rounded?: boolean;
  /** How the weights that are not float32 are packed, by the name of their input. */
  readonly packed?: Readonly<Record<string, PackedAttributes>>;
}

/** A weight [rows, columns] of the decoder, and what is added to its product. */
export interface WeightOperands {
  readonly format: WeightFormat;
  readonly rows: number;
  readonly columns: number;
  /** The matrix, or the words it is packed in. */
  readonly values: TensorInfo;
  readonly scales: TensorInfo | undefined;
  /** [rows] */
  readonly bias: TensorInfo | undefined;
  /** A low-rank adapter: [rank, columns] and [rows, rank]. */
  readonly adapter: { readonly down: TensorInfo; readonly up: TensorInfo } | undefined;
}

/** Lengths, in the letters of `decoderTokenOperands`; Q and K are the widths of queries and keys, I of the gate. */
interface Lengths {
  readonly N: number;
  readonly V: number;
  readonly D: number;
  readonly Q: number;
  readonly K: number;
  readonly I: number;
  readonly hd: number;
  readonly P: number;
  readonly L: number;
  readonly B: number;
  readonly t: number;
  readonly s: number;
}

/** A tensor of the token or of a layer. */
interface Operand {
  /** `cache` is float32, or int32 with half as many numbers in the last place. */
  readonly dtype: 'float32' | 'int32' | 'cache';
  readonly shape: (lengths: Lengths) => readonly number[];
}

type Shape = Operand['shape'];
const float32 = (shape: Shape): Operand => ({ dtype: 'float32', shape });
const int32 = (shape: Shape): Operand => ({ dtype: 'int32', shape });
const cache = (shape: Shape): Operand => ({ dtype: 'cache', shape });

/** What there is once, but for `prefixBias`, whose shape may vary. */
const tokenTensors = {
  tokens: int32(({ N }) => [N]),
  cos: float32(({ N, hd }) => [N, 1, hd]),
  sin: float32(({ N, hd }) => [N, 1, hd]),
  norm: float32(({ D }) => [D]),
  longKeys: cache(({ B, t, hd }) => [B, t, hd]),
  longValues: cache(({ B, t, hd }) => [B, t, hd]),
  shortKeys: cache(({ B, s, hd }) => [B, s, hd]),
  shortValues: cache(({ B, s, hd }) => [B, s, hd]),
  resultRows: int32(({ N, Q, hd }) => [N, Q / hd]),
};

/** What every layer has. */
const layerTensors = {
  inputNorm: float32(({ D }) => [D]),
  attentionNorm: float32(({ D }) => [D]),
  prefixKeys: cache(({ P, L, hd }) => [P, L, hd]),
  prefixValues: cache(({ P, L, hd }) => [P, L, hd]),
};

/** What a layer may have: both or none. */
const headNorms = { qNorm: float32(({ hd }) => [hd]), kNorm: float32(({ hd }) => [hd]) };

/** Rows and columns of a layer's weights, in the order in which they are used. */
const weightShapes = {
  q: ({ Q, D }) => [Q, D],
  k: ({ K, D }) => [K, D],
  v: ({ K, D }) => [K, D],
  o: ({ D, Q }) => [D, Q],
  gate: ({ I, D }) => [I, D],
  up: ({ I, D }) => [I, D],
  down: ({ D, I }) => [D, I],
} satisfies Readonly<Record<string, (lengths: Lengths) => readonly [number, number]>>;

type WeightName = keyof typeof weightShapes;

/** The weights of a layer, in the order in which they are used. */
export const layerWeights = Object.keys(weightShapes) as readonly WeightName[];

type Tensors<Table> = { readonly [Name in keyof Table]: TensorInfo };

export interface LayerOperands extends Tensors<typeof layerTensors> {
  readonly qNorm: TensorInfo | undefined;
  readonly kNorm: TensorInfo | undefined;
  readonly weights: Readonly<Record<WeightName, WeightOperands>>;
}

/** Sizes that kernels are told, each with a word. */
const sizeFields = {
  ...sizes('layerCount', 'rows', 'vocabulary', 'hidden', 'intermediate', 'heads', 'keyValueHeads', 'hd'),
  prompts: size('Batches of the prompts, P·KV, and of their branches in a layer, P·KV·W.'),
  ...sizes('batches', 'prefixLength', 'longLength', 'shortLength'),
  biasBatchStep: size('Numbers to the bias of the next batch and of the next key; 0 where all share one.'),
  biasKeyStep: size(),
  halved: whole('Whether keys and values are bfloat16.'),
  rounded: whole('Whether products with weights that are not float32 have their other operand rounded.'),
};

export type DecoderTokenSizes = Readonly<Record<keyof typeof sizeFields, number>>;

/**
 * The operands of `CppoDecoderToken`: one more token of N branches through a Qwen decoder, keys and values of the
 * tokens before from a cache.
 *
 * Inputs, with P prompts of at most L tokens, W branches a prompt (B = P·KV·W in a layer) and r = heads/KV:
 * - `tokens` int32 [N]; `embedding`, `head` [V, D]; `norm` [D]; `cos`, `sin` [N, 1, hd]
 * - of every layer i, as `0.q`: norms [D]; weights [out, in]; `prefixKeys`, `prefixValues` [P·KV, L, hd]
 * - of every layer, where it has them: `0.qNorm`, `0.kNorm` [hd], with which the queries and keys of each head are
 *   RMS-normalised before they are rotated
 * - of every weight of a layer, where it has them: `0.qBias` [out]; an adapter `0.qDown` [rank, in], `0.qUp` [out, rank]
 *   whose product is added
 * - `prefixBias` [1 or P·KV, 1, 1, 1 or L], added to the scores
 * - `longKeys`, `longValues` [layers·B, t, hd]; `shortKeys`, `shortValues` [layers·B, t', hd]: the branches' own, t and
 *   t' may be 0
 * - `resultRows` int32 [N, heads]: batch · r + repeat, where each head of a branch is among the [B·r] results of a layer
 *
 * A weight that `attributes.packed` names is int32 words, with `0.qScales` beside it; see `packedShapes`. Keys and
 * values are all float32, or all int32 [.., hd/2]: bfloat16 pairs, the even number in the low half.
 *
 * Outputs: `logits` [N, V], and `keys`, `values` [layers·B, t' + 1, hd], the short ones with the new token.
 *
 * @throws RangeError when an input has another shape: the kernels trust them.
 */
export function decoderTokenOperands(
  inputs: Readonly<Record<string, TensorInfo>>,
  { layers, rounded = false, packed = {} }: DecoderTokenAttributes,
) {
  const lengths = lengthsOf(inputs, packed);
  const { N, V, D, Q, K, hd, P, L, B } = lengths;
  const halved = inputs.shortKeys?.dtype === 'int32';

  const takeAs = (name: string, dtype: string, expected: readonly number[]): TensorInfo => {
    const x = inputs[name];
    if (x?.dtype !== dtype || !tf.util.arraysEqual(x.shape, [...expected])) {
      throw new RangeError(`${found(name, x)}; expected ${dtype} [${expected}].`);
    }
    return x;
  };
  const take = (name: string, { dtype, shape }: Operand): TensorInfo => {
    const whole = shape(lengths);
    if (dtype !== 'cache') return takeAs(name, dtype, whole);
    return takeAs(name, halved ? 'int32' : 'float32', whole.with(-1, halved ? hd / 2 : hd));
  };
  const takeIf = (name: string, operand: Operand) => inputs[name] && take(name, operand);
  const both = (a: unknown, b: unknown, message: () => string) =>
    expect((a === undefined) === (b === undefined), () => `${KERNEL}: ${message()}; expected both or none.`);
  const weight = (name: string, rows: number, columns: number): WeightOperands => {
    const how = packed[name];
    const rank = inputs[`${name}Down`]?.shape[0] ?? 0;
    const down = takeIf(
      `${name}Down`,
      float32(() => [rank, columns]),
    );
    const up = takeIf(
      `${name}Up`,
      float32(() => [rows, rank]),
    );
    both(down, up, () => `got one half of an adapter of ${name}`);
    const more = {
      ...{
        rows,
        columns,
        bias: takeIf(
          `${name}Bias`,
          float32(() => [rows]),
        ),
      },
      adapter: down && up && { down, up },
    };
    const values = inputs[name];
    const scales = inputs[`${name}Scales`];
    if (!how || !values) {
      return {
        format: 'float32',
        values: takeAs(name, 'float32', [rows, columns]),
        scales: undefined,
        ...more,
      };
    }
    expectPacked(KERNEL, { format: how.format, rows, columns }, values, scales, name);
    return { format: how.format, values, scales, ...more };
  };
  const layer = (i: number): LayerOperands => {
    const norms = mapped(headNorms, (operand, name) => takeIf(`${i}.${name}`, operand));
    both(norms.qNorm, norms.kNorm, () => `got one of ${i}.qNorm and ${i}.kNorm`);
    return {
      ...mapped(layerTensors, (operand, name) => take(`${i}.${name}`, operand)),
      ...norms,
      weights: mapped(weightShapes, (shape, name) => weight(`${i}.${name}`, ...shape(lengths))),
    };
  };

  const prefixBias = expectBias(inputs.prefixBias, P, L);
  expect(
    B % (layers * P) === 0 && K % hd === 0 && Q % K === 0 && P % (K / hd) === 0,
    () =>
      `${KERNEL}: got ${B} batches of branches, ${P} of prompts, ${Q / hd} heads, ${K / hd} of them for ` +
      'keys; expected multiples.',
  );
  expectWeightNames(packed, layers);
  const [biasBatches = 1, , , biasKeys = 1] = prefixBias.shape;
  const told: DecoderTokenSizes = {
    ...{ layerCount: layers, rows: N, vocabulary: V, hidden: D, intermediate: lengths.I },
    ...{ heads: Q / hd, keyValueHeads: K / hd, hd, prompts: P, batches: B / layers },
    ...{ prefixLength: L, longLength: lengths.t, shortLength: lengths.s },
    ...{ biasBatchStep: biasBatches > 1 ? biasKeys : 0, biasKeyStep: biasKeys > 1 ? 1 : 0 },
    ...{ halved: halved ? 1 : 0, rounded: rounded ? 1 : 0 },
  };
  return {
    tensors: { ...mapped(tokenTensors, (operand, name) => take(name, operand)), prefixBias },
    embedding: weight('embedding', V, D),
    head: weight('head', V, D),
    layers: Array.from({ length: layers }, (_, i) => layer(i)),
    /** Whether keys and values are bfloat16. */
    halved,
    sizes: told,
  };
}

/** What one decoder token is computed from. */
export type DecoderTokenOperands = ReturnType<typeof decoderTokenOperands>;

/** Each length, from one tensor that has it. */
function lengthsOf(
  inputs: Readonly<Record<string, TensorInfo>>,
  packed: Readonly<Record<string, PackedAttributes>>,
): Lengths {
  const shape = (name: string) => inputs[name]?.shape ?? [];
  const of = (name: string): readonly number[] => {
    const { rows, columns } = packed[name] ?? {};
    return rows === undefined || columns === undefined ? shape(name) : [rows, columns];
  };
  const [V = 0, D = 0] = of('head');
  const [B = 0, s = 0] = shape('shortKeys');
  const [P = 0, L = 0] = shape('0.prefixKeys');
  const [N = 0] = shape('tokens');
  const [t = 0] = shape('longKeys').slice(1);
  const [hd = 0] = shape('cos').slice(2);
  const [[Q = 0] = [], [K = 0] = [], [I = 0] = []] = [of('0.q'), of('0.k'), of('0.gate')];
  return { N, V, D, Q, K, I, hd, P, L, B, t, s };
}

function expectBias(bias: TensorInfo | undefined, P: number, L: number): TensorInfo {
  const [b0, b1, b2, b3] = bias?.shape ?? [];
  const fits = (b0 === 1 || b0 === P) && b1 === 1 && b2 === 1 && (b3 === 1 || b3 === L);
  if (fits && bias?.dtype === 'float32') return bias;
  throw new RangeError(`${found('prefixBias', bias)}; expected float32 [1 or ${P}, 1, 1, 1 or ${L}].`);
}

function expectWeightNames(packed: Readonly<Record<string, PackedAttributes>>, layers: number): void {
  const unknown = new Set(Object.keys(packed));
  for (const name of ['embedding', 'head']) unknown.delete(name);
  for (let i = 0; i < layers; i++) for (const name of layerWeights) unknown.delete(`${i}.${name}`);
  expect(unknown.size === 0, () => `${KERNEL}: "packed" names ${[...unknown][0]}, which is no weight.`);
}

function found(name: string, x: TensorInfo | undefined): string {
  return `${KERNEL}: got ${name} ${x ? `${x.dtype} [${x.shape}]` : 'nowhere'}`;
}

/** Steps of a token where tasks divide each of them, in the order of their numbers. */
export const decoderSteps = [
  ...(['embed', 'enter', 'project', 'attend', 'collect', 'join', 'enterGate', 'gated'] as const),
  ...(['collectGated', 'leave', 'end', 'logits', 'idle'] as const),
];

const addresses = <Name extends string>(table: Readonly<Record<Name, unknown>>) =>
  mapped(table, (): Field => size());

/** A weight, as wasm kernels read it. */
export const linearLayout = layout(
  'Linear',
  { bias: size('0 for none.'), rank: size('Of the adapter; 0 for none.') },
  {
    about: 'A weight, and what is added to its product: a bias, and Up·Down·x of an adapter.',
    base: weightLayout,
    parts: { down: weightLayout, up: weightLayout },
  },
);

/** A layer, as wasm kernels read it. */
export const layerLayout = layout('Layer', addresses({ ...layerTensors, ...headNorms }), {
  about: 'Addresses of a layer’s tensors; those of head norms are 0 where there are none.',
  parts: mapped(weightShapes, () => linearLayout),
});

/** The job of a token, as wasm kernels read it. */
export const decoderTokenLayout = layout('DecoderToken', {
  ...addresses({ ...tokenTensors, prefixBias: 0 }),
  ...sizes('logits', 'keys', 'values'),
  embedding: size('Records of the embedding and of the head.'),
  head: size(),
  layers: size('Records of the layers.'),
  ...sizeFields,
  idle: size('int32 [idleCount] batches without a branch.'),
  idleCount: size(),
  slots: size('States of so many branches each, and what belongs to each task.'),
  ...sizes('slotBytes', 'owns', 'ownBytes'),
  lanes: size('Branches of a slot, a multiple of eight.'),
  few: size(
    'Up to so many branches are multiplied row by row: packing a weight would take longer than the product.',
  ),
  rank: size('Most numbers between the two halves of an adapter.'),
  step: size('Where tasks divide one step among them: which step, of which layer, and among how many.'),
  ...sizes('layer', 'parts'),
  epsilon: real(),
});

// The plan of a token, as native kernels read it: sizes, and of every tensor the number of the input, −1 for none.

export const weightPlan = layout('WeightPlan', {
  ...sizes('format', 'rows', 'columns', 'values', 'scales', 'bias', 'down', 'up', 'rank'),
});

export const layerPlan = layout('LayerPlan', addresses({ ...layerTensors, ...headNorms }), {
  parts: mapped(weightShapes, () => weightPlan),
});

export const decoderTokenPlan = layout(
  'DecoderTokenPlan',
  { ...sizeFields, epsilon: size(), ...addresses({ ...tokenTensors, prefixBias: 0 }) },
  { about: 'The plans of the layers follow.', parts: { embedding: weightPlan, head: weightPlan } },
);
