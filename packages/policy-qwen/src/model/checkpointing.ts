import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionLayout, LayoutConstants } from './attention-layout.js';
import type { RotaryTable } from './kernels.js';
import { recompute } from './recompute.js';

/** What every layer of a stack reads besides its weights. */
export interface LayerContext {
  readonly rotary: RotaryTable;
  readonly layout: AttentionLayout;
}

/**
 * Runs one layer, recomputing it in the backward pass if asked to.
 *
 * @param variables the trained variables the layer uses.
 */
export function runLayer(
  x: tf.Tensor2D,
  context: LayerContext,
  variables: readonly tf.Variable[],
  checkpointing: boolean,
  layer: (x: tf.Tensor2D, context: LayerContext) => tf.Tensor2D,
): tf.Tensor2D {
  if (!checkpointing) return layer(x, context);
  const { rotary, layout } = context;
  const entries = Object.entries(layout.constants).filter((entry) => entry[1] !== undefined) as [
    string,
    tf.Tensor,
  ][];
  const names = entries.map(([name]) => name);
  return recompute(
    x,
    variables,
    [rotary.cos, rotary.sin, ...entries.map(([, tensor]) => tensor)],
    (x, constants) => {
      const [cos, sin, ...rest] = constants as [tf.Tensor3D, tf.Tensor3D, ...tf.Tensor[]];
      const restored = Object.fromEntries(names.map((name, index) => [name, rest[index]]));
      return layer(x, {
        rotary: { cos, sin },
        layout: { ...layout, constants: restored as unknown as LayoutConstants },
      });
    },
  );
}
