import * as tf from '@tensorflow/tfjs-core';
import type { QwenTextConfig } from '../config.js';
import { permuteRows, type RotaryTable, rmsNorm, rotate, swiGlu } from './kernels.js';
import { linear } from './linear.js';
import type { Weight } from './weight.js';
import type { DecoderLayerWeights } from './weights.js';

/** How a decoder layer attends to other tokens: rotated queries and keys, and values, to a weighted sum of values. */
export type Attend = (q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D) => tf.Tensor2D;

/**
 * One decoder layer on a flat matrix of tokens.
 *
 * @param x [N, D]
 * @param keep picks the rows whose results are wanted, from what attention gave: the others are spared the rest of
 *   the layer. Default all.
 */
export function decoderLayer(
  x: tf.Tensor2D,
  layer: DecoderLayerWeights,
  config: QwenTextConfig,
  rotary: RotaryTable,
  attend: Attend,
  keep: (rows: tf.Tensor2D) => tf.Tensor2D = (rows) => rows,
): tf.Tensor2D {
  const { headDimension, normEpsilon } = config;
  const turn = (part: tf.Tensor2D, norm: tf.Tensor1D | undefined): tf.Tensor2D => {
    const each = norm && rmsNorm(tf.reshape(part, [-1, headDimension]), norm, normEpsilon);
    const heads = tf.reshape(each ?? part, [part.shape[0], -1, headDimension]) as tf.Tensor3D;
    return tf.reshape(rotate(heads, rotary), part.shape);
  };
  const y = rmsNorm(x, layer.inputNorm, normEpsilon);
  const seen = attend(
    turn(linear(y, layer.q), layer.qNorm),
    turn(linear(y, layer.k), layer.kNorm),
    linear(y, layer.v),
  );
  const h = tf.add(keep(x), linear(keep(seen), layer.o)) as tf.Tensor2D;
  const z = rmsNorm(h, layer.attentionNorm, normEpsilon);
  return tf.add(h, linear(swiGlu(linear(z, layer.gate), linear(z, layer.up)), layer.down));
}

/**
 * Token embeddings with the rows of images put in the place of their image tokens.
 *
 * @param ids [N] token ids of all sequences.
 * @param vision [M, D] one row for each image token, in the order they occur; undefined when there is none.
 * @throws RangeError when the number of image tokens is not M.
 */
export function embed(
  ids: Int32Array,
  embedding: Weight,
  vision: tf.Tensor2D | undefined,
  imageToken: number,
): tf.Tensor2D {
  const text: number[] = [];
  const imagePlaces: number[] = [];
  ids.forEach((id, place) => {
    if (id === imageToken) imagePlaces.push(place);
    else text.push(place);
  });
  const rows = vision?.shape[0] ?? 0;
  if (imagePlaces.length !== rows) {
    throw new RangeError(
      `embed: the prompts hold ${imagePlaces.length} image tokens, expected ${rows} for their images.`,
    );
  }
  const textIds = tf.tensor1d(
    Int32Array.from(text, (place) => ids[place] as number),
    'int32',
  );
  const embedded = embedding.rows(textIds);
  if (!vision) return embedded;
  // Row i of [text ‖ images] belongs at place order[i].
  const order = Int32Array.from([...text, ...imagePlaces]);
  const inverse = new Int32Array(order.length);
  order.forEach((place, row) => {
    inverse[place] = row;
  });
  return permuteRows(
    tf.concat([embedded, vision], 0),
    tf.tensor1d(inverse, 'int32'),
    tf.tensor1d(order, 'int32'),
  );
}
