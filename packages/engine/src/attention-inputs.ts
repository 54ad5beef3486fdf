import type { TensorInfo } from '@tensorflow/tfjs-core';
import { expect } from './fused-inputs.js';

/**
 * Parameters of `CppoAttention` beside its tensors: softmax(q·kᵀ/√hd)·v of rows that see each other in runs.
 *
 * - `q` [rows, heads·hd]; `k`, `v` [rows, keyValueHeads·hd]; query head j reads key/value head ⌊j·keyValueHeads/heads⌋
 * - `runs` int32 [R, 4]: rows [start, end) see the prefix, rows [from, to), and each other, with `causal` only what is
 *   not later. A run that sees nothing from elsewhere (from = to) begins a group; the runs after it see its rows or none. Every
 *   row is in one run.
 * - The prefix, a run like others, is what the first rows are that all other runs see.
 */
export interface AttentionAttributes {
  /** Rows of the prefix. */
  readonly prefix: number;
  readonly causal: boolean;
  readonly heads: number;
  readonly keyValueHeads: number;
}

/** @throws RangeError for shapes that do not fit each other. */
export function expectAttention(
  inputs: Record<'q' | 'k' | 'v' | 'runs', TensorInfo> & { readonly dy?: TensorInfo },
  { prefix, heads, keyValueHeads }: AttentionAttributes,
): { rows: number; headDimension: number; runCount: number } {
  const { q, k, v, runs, dy } = inputs;
  const [rows = 0, width = 0] = q.shape;
  const headDimension = width / heads;
  const keys = `${[rows, keyValueHeads * headDimension]}`;
  const fits =
    q.shape.length === 2 &&
    heads % keyValueHeads === 0 &&
    Number.isInteger(headDimension) &&
    `${k.shape}` === keys &&
    `${v.shape}` === keys &&
    (!dy || `${dy.shape}` === `${q.shape}`) &&
    [q, k, v, dy ?? q].every(({ dtype }) => dtype === 'float32') &&
    runs.dtype === 'int32' &&
    runs.shape.length === 2 &&
    runs.shape[1] === 4 &&
    prefix <= rows;
  const found = Object.entries(inputs).map(([name, { dtype, shape }]) => `${name} ${dtype} [${shape}]`);
  expect(
    fits,
    () =>
      `CppoAttention: got ${found.join(', ')} for ${heads} heads, ${keyValueHeads} of them for keys, and a prefix of ${prefix}; expected q float32 [rows, heads·hd], k and v [rows, keyValueHeads·hd] and runs int32 [R, 4].`,
  );
  return { rows, headDimension, runCount: runs.shape[0] as number };
}
