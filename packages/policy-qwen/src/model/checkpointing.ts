import * as tf from '@tensorflow/tfjs-core';
import type { AttentionLayout, LayoutConstants } from './attention-layout.js';
import { type Checkpointing, segmentLength } from './choose-checkpointing.js';
import type { RotaryTable } from './kernels.js';
import { recompute } from './recompute.js';

/** What a layer reads besides its weights. */
export interface LayerContext {
  readonly rotary: RotaryTable;
  readonly layout: AttentionLayout;
}

/** One layer of a stack. */
export interface Layer {
  readonly context: LayerContext;
  /** The trained variables it uses. */
  readonly variables: readonly tf.Variable[];
  run(x: tf.Tensor2D, context: LayerContext): tf.Tensor2D;
}

/**
 * Runs layers one after the other.
 *
 * @param checkpointing `forward` where no gradient will be taken: what a layer computed is gone before the next begins.
 */
export function runLayers(
  x: tf.Tensor2D,
  layers: readonly Layer[],
  checkpointing: Checkpointing | 'forward',
): tf.Tensor2D {
  if (checkpointing === 'forward') {
    return layers.reduce((before, layer) => {
      const after = tf.tidy(() => layer.run(before, layer.context));
      if (before !== x) before.dispose();
      return after;
    }, x);
  }
  if (checkpointing === 'none') return layers.reduce((x, layer) => layer.run(x, layer.context), x);
  if (checkpointing === 'layers') return layers.reduce((x, layer) => recomputed(x, [layer], 'none'), x);
  const size = segmentLength(layers.length);
  let result = x;
  for (let start = 0; start < layers.length; start += size) {
    result = recomputed(result, layers.slice(start, start + size), 'layers');
  }
  return result;
}

/** Some layers, computed again in the backward pass; there again by `inner`. */
function recomputed(x: tf.Tensor2D, layers: readonly Layer[], inner: Checkpointing): tf.Tensor2D {
  const contexts = [...new Set(layers.map(({ context }) => context))];
  const variables = [...new Set(layers.flatMap(({ variables }) => variables))];
  return recompute(x, variables, contexts.flatMap(tensorsOf), (x, constants) => {
    const restored = new Map<LayerContext, LayerContext>();
    let next = 0;
    for (const context of contexts) {
      const count = tensorsOf(context).length;
      restored.set(context, withTensors(context, constants.slice(next, next + count)));
      next += count;
    }
    const local = layers.map((layer) => ({
      ...layer,
      context: restored.get(layer.context) as LayerContext,
    }));
    return runLayers(x, local, inner);
  });
}

function tensorsOf({ rotary, layout }: LayerContext): tf.Tensor[] {
  return [
    rotary.cos,
    rotary.sin,
    ...Object.values(layout.constants).filter((tensor) => tensor !== undefined),
  ];
}

function withTensors({ layout }: LayerContext, tensors: readonly tf.Tensor[]): LayerContext {
  const [cos, sin, ...rest] = tensors as [tf.Tensor3D, tf.Tensor3D, ...tf.Tensor[]];
  const names = Object.entries(layout.constants).flatMap(([name, tensor]) => (tensor ? [name] : []));
  const constants = Object.fromEntries(names.map((name, index) => [name, rest[index]]));
  return { rotary: { cos, sin }, layout: { ...layout, constants: constants as unknown as LayoutConstants } };
}
