import * as tf from '@tensorflow/tfjs-core';
import type { QwenTextConfig, QwenVisionConfig } from '../config.js';
import type { RotaryTable } from './kernels.js';

/** θ^(−2i/size) for i < size/2, rounded to float32 where transformers rounds. */
function inverseFrequencies(size: number, theta: number): Float32Array {
  return Float32Array.from(
    { length: size / 2 },
    (_, i) => 1 / Math.fround(theta ** Math.fround((2 * i) / size)),
  );
}

/** @param angles [N·hd/2], the first half of every token's channels. */
function table(angles: Float32Array, half: number): RotaryTable {
  const count = angles.length / half;
  const [cos, sin] = [Math.cos, Math.sin].map((f) => {
    const values = new Float32Array(count * half * 2);
    for (let token = 0; token < count; token++) {
      for (let i = 0; i < half; i++) {
        const value = f(angles[token * half + i] as number);
        values[token * 2 * half + i] = value;
        values[token * 2 * half + half + i] = value;
      }
    }
    return tf.tensor3d(values, [count, 1, 2 * half]);
  });
  return { cos: cos as tf.Tensor3D, sin: sin as tf.Tensor3D };
}

/**
 * Rotary tables of text tokens. With `sections` the first mropeSection[0] frequencies turn with the time position, the next
 * with the height, the last with the width; `interleaved`, frequencies 1, 4, 7, … turn with the height and 2, 5, 8, … with the
 * width, until each has its number, and all others with time.
 *
 * @param positions of each token: time, height, width [3·N].
 */
export function textRotary(positions: Int32Array, config: QwenTextConfig): RotaryTable {
  const half = config.headDimension / 2;
  const count = positions.length / 3;
  const frequencies = inverseFrequencies(config.headDimension, config.ropeTheta);
  const axes = Int32Array.from({ length: half }, (_, i) => axisOf(i, config));
  const angles = new Float32Array(count * half);
  for (let token = 0; token < count; token++) {
    for (let i = 0; i < half; i++) {
      const position = positions[(axes[i] as number) * count + token] as number;
      angles[token * half + i] = position * (frequencies[i] as number);
    }
  }
  return table(angles, half);
}

/** Which position a frequency turns with: 0 time, 1 height, 2 width. */
function axisOf(frequency: number, { design, mropeSection }: QwenTextConfig): number {
  const [time, height] = mropeSection;
  if (design.rotary === 'sections') return frequency < time ? 0 : frequency < time + height ? 1 : 2;
  const turn = frequency % 3;
  return frequency < 3 * (mropeSection[turn] as number) ? turn : 0;
}

/**
 * Rotary tables of patches: half of the frequencies turn with the row, half with the column.
 *
 * @param rows [N] of each patch in its image.
 * @param columns [N]
 */
export function visionRotary(rows: Int32Array, columns: Int32Array, config: QwenVisionConfig): RotaryTable {
  const half = config.headDimension / 2;
  const quarter = half / 2;
  const frequencies = inverseFrequencies(half, 10_000);
  const angles = new Float32Array(rows.length * half);
  for (let patch = 0; patch < rows.length; patch++) {
    for (let i = 0; i < quarter; i++) {
      angles[patch * half + i] = (rows[patch] as number) * (frequencies[i] as number);
      angles[patch * half + quarter + i] = (columns[patch] as number) * (frequencies[i] as number);
    }
  }
  return table(angles, half);
}
