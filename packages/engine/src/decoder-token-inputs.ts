import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from './fused-inputs.js';

type Sizes = Record<'V' | 'D' | 'I' | 'Q' | 'K' | 'N' | 'hd' | 'P' | 'L' | 'B' | 't' | 's', number>;
type Shapes = Readonly<Record<string, (sizes: Sizes) => readonly number[]>>;

/** In the order of the operation. */
const before: Shapes = {
  tokens: ({ N }) => [N],
  embedding: ({ V, D }) => [V, D],
  cos: ({ N, hd }) => [N, 1, hd],
  sin: ({ N, hd }) => [N, 1, hd],
  norm: ({ D }) => [D],
  head: ({ V, D }) => [V, D],
};
const caches: Shapes = {
  longKeys: ({ B, t, hd }) => [B, t, hd],
  longValues: ({ B, t, hd }) => [B, t, hd],
  shortKeys: ({ B, s, hd }) => [B, s, hd],
  shortValues: ({ B, s, hd }) => [B, s, hd],
};
const ofLayer: Shapes = {
  inputNorm: ({ D }) => [D],
  q: ({ Q, D }) => [Q, D],
  qBias: ({ Q }) => [Q],
  k: ({ K, D }) => [K, D],
  kBias: ({ K }) => [K],
  v: ({ K, D }) => [K, D],
  vBias: ({ K }) => [K],
  o: ({ Q, D }) => [D, Q],
  attentionNorm: ({ D }) => [D],
  gate: ({ I, D }) => [I, D],
  up: ({ I, D }) => [I, D],
  down: ({ I, D }) => [D, I],
  prefixKeys: ({ P, L, hd }) => [P, L, hd],
  prefixValues: ({ P, L, hd }) => [P, L, hd],
};

/**
 * The operands of `CppoDecoderToken`: one more token of N branches through a Qwen2.5 decoder, keys and values of the tokens
 * before from a cache.
 *
 * Inputs, with P prompts of at most L tokens, W branches a prompt (B = P·KV·W in a layer) and r = heads/KV:
 * - `tokens` int32 [N]; `embedding`, `head` [V, D]; `norm` [D]; `cos`, `sin` [N, 1, hd]
 * - of every layer i, as `0.q`: norms [D]; weights [out, in] and biases [out]; `prefixKeys`, `prefixValues` [P·KV, L, hd]
 * - `prefixBias` [1 or P·KV, 1, 1, 1 or L], added to the scores
 * - `longKeys`, `longValues` [layers·B, t, hd]; `shortKeys`, `shortValues` [layers·B, t', hd]: the branches' own, t and t' may be 0
 * - `resultRows` int32 [N, heads]: batch · r + repeat, where each head of a branch is among the [B·r] results of a layer
 *
 * Outputs: `logits` [N, V], and `keys`, `values` [layers·B, t' + 1, hd], the short ones with the new token.
 *
 * @returns them in the operation's order, epsilon to be put before those of the layers, and what the sizes are.
 * @throws RangeError when an input has another shape: the operation trusts them.
 */
export function decoderTokenOperands(inputs: Record<string, TensorInfo>, layers: number) {
  const shape = (name: string) => inputs[name]?.shape ?? [];
  const [V = 0, D = 0] = shape('head');
  const [B = 0, s = 0] = shape('shortKeys');
  const [P = 0, L = 0] = shape('0.prefixKeys');
  const sizes: Sizes = {
    ...{
      V,
      D,
      B,
      s,
      P,
      L,
      N: shape('tokens')[0] ?? 0,
      t: shape('longKeys')[1] ?? 0,
      hd: shape('cos')[2] ?? 0,
    },
    ...{ Q: shape('0.q')[0] ?? 0, K: shape('0.k')[0] ?? 0, I: shape('0.gate')[0] ?? 0 },
  };
  const take = (name: string, expected: readonly number[], dtype = 'float32') => {
    const x = inputs[name];
    const fits = x?.dtype === dtype && tf.util.arraysEqual(x.shape, expected as number[]);
    expect(fits, () => `${found(name, x)}; expected ${dtype} [${expected}].`);
    return x as TensorInfo;
  };
  const takeAll = (shapes: Shapes, prefix = '') =>
    Object.entries(shapes).map(([name, of]) =>
      take(prefix + name, of(sizes), name === 'tokens' ? 'int32' : 'float32'),
    );
  const { prefixBias } = inputs;
  const [b0, b1, b2, b3] = prefixBias?.shape ?? [];
  const biased =
    (b0 === 1 || b0 === P) &&
    b1 === 1 &&
    b2 === 1 &&
    (b3 === 1 || b3 === L) &&
    prefixBias?.dtype === 'float32';
  expect(biased, () => `${found('prefixBias', prefixBias)}; expected float32 [1 or ${P}, 1, 1, 1 or ${L}].`);
  const { K, Q, N, hd } = sizes;
  expect(
    B % (layers * P) === 0 && K % hd === 0 && Q % K === 0 && P % (K / hd) === 0,
    () =>
      `CppoDecoderToken: got ${B} batches of branches, ${P} of prompts, ${Q / hd} heads, ${K / hd} of them for keys; expected multiples.`,
  );
  const fixed = [
    ...takeAll(before),
    prefixBias as TensorInfo,
    ...takeAll(caches),
    take('resultRows', [N, Q / hd], 'int32'),
  ];
  return {
    fixed,
    layers: Array.from({ length: layers }, (_, i) => takeAll(ofLayer, `${i}.`)).flat(),
    sizes: {
      ...{ rows: N, vocabulary: V, hidden: D, intermediate: sizes.I },
      ...{ heads: Q / hd, keyValueHeads: K / hd, hd, prompts: P, batches: B / layers },
      ...{ prefixLength: L, longLength: sizes.t, shortLength: s },
    },
  };
}

function found(name: string, x: TensorInfo | undefined): string {
  return `CppoDecoderToken: got ${name} ${x ? `${x.dtype} [${x.shape}]` : 'nowhere'}`;
}
