import * as tf from '@tensorflow/tfjs-core';
import type { StoredTensor } from '../files/index.js';
import { type PackedAttributes, type PackedTensors, pack } from './packed-weight.js';

/** Numbers that are in float32 at a time. */
const AT_ONCE = 2 ** 24;
/** Rows whose numbers fill whole blocks of nf4, whatever their length. */
const UNIT = 64;

/** Packs a stored matrix some rows at a time, so that it is never whole in float32. */
export async function packByRows(
  tensor: Pick<StoredTensor, 'numbers'>,
  { format, rows, columns }: PackedAttributes,
  atOnce = AT_ONCE,
): Promise<PackedTensors> {
  const step = UNIT * Math.max(1, Math.floor(atOnce / (UNIT * columns)));
  const parts: PackedTensors[] = [];
  try {
    for (let from = 0; from < rows; from += step) {
      const to = Math.min(from + step, rows);
      const numbers = await tensor.numbers(from * columns, to * columns);
      const x = tf.tensor2d(numbers, [to - from, columns]);
      parts.push(pack(x, format));
      x.dispose();
    }
    const scales = parts.flatMap((part) => part.scales ?? []);
    return {
      words: tf.concat(parts.map(({ words }) => words)),
      scales: scales.length > 0 ? tf.concat(scales) : undefined,
    };
  } finally {
    for (const { words, scales } of parts) tf.dispose(scales ? [words, scales] : [words]);
  }
}
