import type { TensorInfo } from '@tensorflow/tfjs-core';
import { expect, expectShapes } from '../fused-inputs.js';

/** In the order of the operation. */
const floats = [
  ...['x', 'inputNorm', 'attentionNorm', 'cos', 'sin'],
  ...['q', 'k', 'v', 'o', 'qBias', 'kBias', 'vBias', 'gate', 'up', 'down'],
  ...['prefixKeys', 'prefixValues', 'prefixBias'],
  ...['longKeys', 'longValues', 'shortKeys', 'shortValues'],
];

/**
 * The operands of `CppoDecoderStep`, one more token of N branches through one layer of a Qwen2.5 decoder, keys and values
 * of the tokens before from a cache.
 *
 * Inputs, with P prompts of at most L tokens, W branches a prompt (B = P·KV·W) and r = heads/KV:
 * - `x` [N, D]; norms [D]; weights [out, in] and biases [out]; `cos`, `sin` [N, 1, hd]
 * - `prefixKeys`, `prefixValues` [P·KV, L, hd]; `prefixBias` [1 or P·KV, 1, 1, 1 or L], added to the scores
 * - `longKeys`, `longValues` [B, t, hd]; `shortKeys`, `shortValues` [B, t', hd]: the branches' own, t and t' may be 0
 * - `resultRows` int32 [N, heads]: batch · r + repeat, where each head of a branch is among the [B·r] results
 *
 * Outputs: `y` [N, D], and `keys`, `values` [B, t' + 1, hd], the short ones with the new token.
 *
 * @throws RangeError when an input has another shape: the operation trusts them.
 */
export function decoderStepOperands(inputs: Record<string, TensorInfo>): TensorInfo[] {
  const shape = (name: string) => inputs[name]!.shape as number[];
  const [rows, hidden] = shape('x') as [number, number];
  const [queries, keys, intermediate] = ['q', 'k', 'gate'].map((name) => shape(name)[0]) as [
    number,
    number,
    number,
  ];
  const hd = shape('cos').at(-1)!;
  const [prompts, length] = shape('prefixKeys') as [number, number];
  const [batches, short] = shape('shortKeys') as [number, number];
  const long = shape('longKeys')[1]!;
  const bias = shape('prefixBias');
  const tensors = Object.fromEntries(floats.map((name) => [name, inputs[name]!]));
  expectShapes('CppoDecoderStep', tensors, {
    ...{
      x: [rows, hidden],
      inputNorm: [hidden],
      attentionNorm: [hidden],
      cos: [rows, 1, hd],
      sin: [rows, 1, hd],
    },
    ...{ q: [queries, hidden], k: [keys, hidden], v: [keys, hidden], o: [hidden, queries] },
    ...{ qBias: [queries], kBias: [keys], vBias: [keys] },
    ...{ gate: [intermediate, hidden], up: [intermediate, hidden], down: [hidden, intermediate] },
    ...{ prefixKeys: [prompts, length, hd], prefixValues: [prompts, length, hd] },
    ...{ longKeys: [batches, long, hd], longValues: [batches, long, hd] },
    ...{ shortKeys: [batches, short, hd], shortValues: [batches, short, hd] },
  });
  const { resultRows } = inputs as { resultRows: TensorInfo };
  const fits =
    resultRows.dtype === 'int32' &&
    `${resultRows.shape}` === `${[rows, queries / hd]}` &&
    batches % prompts === 0 &&
    bias.length === 4 &&
    [1, prompts].includes(bias[0]!) &&
    bias[1] === 1 &&
    bias[2] === 1 &&
    [1, length].includes(bias[3]!);
  expect(
    fits,
    () =>
      `CppoDecoderStep: got resultRows ${resultRows.dtype} [${resultRows.shape}] and prefixBias [${bias}]; expected int32 [${rows}, ${queries / hd}] and [1 or ${prompts}, 1, 1, 1 or ${length}].`,
  );
  return [...floats.map((name) => inputs[name]!), resultRows];
}
