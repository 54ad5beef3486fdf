import type { TensorInfo } from '@tensorflow/tfjs-core';
import { expect } from './expect.js';
import { layout, real, size, sizes } from './layout.js';
import { floats, operation } from './operation.js';

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

/** Queries of a tile. */
export const attentionLanes = 16;

export const attentionLayout = layout('Attention', {
  ...sizes('q', 'k', 'v'),
  dy: size('Of the result.'),
  out: size('The result, or the gradient of q.'),
  ...sizes('dk', 'dv'),
  runs: size('int32 [R, 4]: start, end, from, to.'),
  tiles: size('int32 [R + 1]: tiles of a head before each run.'),
  groups: size(
    'int32 [groups + 1]: the run that begins each group; groups share no keys but those of the prefix.',
  ),
  parts: size(
    '[groups, 2, prefix, keyValueHeads·hd] what each group gives to the keys and values of the prefix.',
  ),
  slots: size('Memory of each task.'),
  slotBytes: size(),
  most: size('Most keys that a tile sees.'),
  items: size('Tiles, or groups, of all key/value heads, and tasks among which they are divided.'),
  ...sizes('tasks', 'groupCount', 'prefix', 'heads', 'keyValueHeads', 'hd', 'causal'),
  scale: real(),
});

const attentionInputs = { ...floats('q', 'k', 'v'), runs: 'int32' } as const;
const attentionNumbers = ['prefix', 'heads', 'keyValueHeads', 'causal'] as const;

export const attentionOperation = operation('CppoAttention', attentionInputs, floats('y'), attentionNumbers);

export const attentionGradientOperation = operation(
  'CppoAttentionGradient',
  { ...attentionInputs, dy: 'float' },
  floats('dq', 'dk', 'dv'),
  attentionNumbers,
);
