import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from './fused-inputs.js';
import { expectPacked, type PackedAttributes, type PackedFormat } from './packed-inputs.js';

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
  readonly format: 'float32' | PackedFormat;
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

/** The weights of a layer, in the order in which they are used. */
export const layerWeights = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;

export interface LayerOperands {
  readonly inputNorm: TensorInfo;
  readonly attentionNorm: TensorInfo;
  /** [hd] of every query head and every key head; both or none. */
  readonly qNorm: TensorInfo | undefined;
  readonly kNorm: TensorInfo | undefined;
  readonly prefixKeys: TensorInfo;
  readonly prefixValues: TensorInfo;
  readonly weights: Readonly<Record<(typeof layerWeights)[number], WeightOperands>>;
}

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
  { layers, packed = {} }: DecoderTokenAttributes,
) {
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

  const take = (name: string, expected: readonly number[], dtype = 'float32'): TensorInfo => {
    const x = inputs[name];
    if (x?.dtype !== dtype || !tf.util.arraysEqual(x.shape, [...expected])) {
      throw new RangeError(`${found(name, x)}; expected ${dtype} [${expected}].`);
    }
    return x;
  };
  const takeIf = (name: string, expected: readonly number[]) => inputs[name] && take(name, expected);
  const weight = (name: string, rows: number, columns: number): WeightOperands => {
    const how = packed[name];
    const rank = inputs[`${name}Down`]?.shape[0] ?? 0;
    const down = takeIf(`${name}Down`, [rank, columns]);
    const up = takeIf(`${name}Up`, [rows, rank]);
    const whole = (down === undefined) === (up === undefined);
    expect(whole, () => `${KERNEL}: got one half of an adapter of ${name}; expected both or none.`);
    const more = {
      ...{ rows, columns, bias: takeIf(`${name}Bias`, [rows]) },
      adapter: down && up && { down, up },
    };
    const values = inputs[name];
    const scales = inputs[`${name}Scales`];
    if (!how || !values) {
      return { format: 'float32', values: take(name, [rows, columns]), scales: undefined, ...more };
    }
    expectPacked(KERNEL, { format: how.format, rows, columns }, values, scales, name);
    return { format: how.format, values, scales, ...more };
  };

  const halved = inputs.shortKeys?.dtype === 'int32';
  const cached = (name: string, batches: number, length: number) =>
    take(name, [batches, length, halved ? hd / 2 : hd], halved ? 'int32' : 'float32');
  const headNorms = (i: number) => {
    const [qNorm, kNorm] = [takeIf(`${i}.qNorm`, [hd]), takeIf(`${i}.kNorm`, [hd])];
    const whole = (qNorm === undefined) === (kNorm === undefined);
    expect(whole, () => `${KERNEL}: got one of ${i}.qNorm and ${i}.kNorm; expected both or none.`);
    return { qNorm, kNorm };
  };
  const layer = (i: number): LayerOperands => ({
    inputNorm: take(`${i}.inputNorm`, [D]),
    attentionNorm: take(`${i}.attentionNorm`, [D]),
    ...headNorms(i),
    prefixKeys: cached(`${i}.prefixKeys`, P, L),
    prefixValues: cached(`${i}.prefixValues`, P, L),
    weights: {
      q: weight(`${i}.q`, Q, D),
      k: weight(`${i}.k`, K, D),
      v: weight(`${i}.v`, K, D),
      o: weight(`${i}.o`, D, Q),
      gate: weight(`${i}.gate`, I, D),
      up: weight(`${i}.up`, I, D),
      down: weight(`${i}.down`, D, I),
    },
  });
  const { prefixBias } = inputs;
  const [b0, b1, b2, b3] = prefixBias?.shape ?? [];
  const biased = (b0 === 1 || b0 === P) && b1 === 1 && b2 === 1 && (b3 === 1 || b3 === L);
  if (!biased || prefixBias?.dtype !== 'float32') {
    throw new RangeError(
      `${found('prefixBias', prefixBias)}; expected float32 [1 or ${P}, 1, 1, 1 or ${L}].`,
    );
  }
  expect(
    B % (layers * P) === 0 && K % hd === 0 && Q % K === 0 && P % (K / hd) === 0,
    () =>
      `${KERNEL}: got ${B} batches of branches, ${P} of prompts, ${Q / hd} heads, ${K / hd} of them for keys; expected multiples.`,
  );
  const known = new Set(Object.keys(packed));
  for (const name of ['embedding', 'head']) known.delete(name);
  for (let i = 0; i < layers; i++) for (const name of layerWeights) known.delete(`${i}.${name}`);
  expect(known.size === 0, () => `${KERNEL}: "packed" names ${[...known][0]}, which is no weight.`);
  return {
    tokens: take('tokens', [N], 'int32'),
    cos: take('cos', [N, 1, hd]),
    sin: take('sin', [N, 1, hd]),
    norm: take('norm', [D]),
    prefixBias,
    longKeys: cached('longKeys', B, t),
    longValues: cached('longValues', B, t),
    shortKeys: cached('shortKeys', B, s),
    shortValues: cached('shortValues', B, s),
    resultRows: take('resultRows', [N, Q / hd], 'int32'),
    embedding: weight('embedding', V, D),
    head: weight('head', V, D),
    layers: Array.from({ length: layers }, (_, i) => layer(i)),
    /** Whether keys and values are bfloat16. */
    halved,
    sizes: {
      ...{ rows: N, vocabulary: V, hidden: D, intermediate: I },
      ...{ heads: Q / hd, keyValueHeads: K / hd, hd, prompts: P, batches: B / layers },
      ...{ prefixLength: L, longLength: t, shortLength: s },
    },
  };
}

/** What one decoder token is computed from. */
export type DecoderTokenOperands = ReturnType<typeof decoderTokenOperands>;

function found(name: string, x: TensorInfo | undefined): string {
  return `${KERNEL}: got ${name} ${x ? `${x.dtype} [${x.shape}]` : 'nowhere'}`;
}
