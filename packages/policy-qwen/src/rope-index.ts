import type { QwenConfig } from './config.js';

/**
 * Multimodal rotary positions of a prompt (Qwen2-VL, arXiv:2409.12191, section 2.1; `get_rope_index` in transformers).
 * Text advances by one on all three axes. An image's tokens share their time position and take their row and column
 * as height and width; what follows starts after the largest of them.
 *
 * @param ids [T] token ids, images already expanded.
 * @param grids of the prompt's images, in patches.
 * @returns positions [3·T] (all times, then all heights, then all widths) and ropeDelta, the next position minus T.
 * @throws RangeError when image tokens and grids do not fit.
 */
export function ropeIndex(
  ids: Int32Array,
  grids: readonly (readonly [number, number, number])[],
  config: QwenConfig,
): { positions: Int32Array; ropeDelta: number } {
  const { image } = config.tokens;
  const merge = config.vision.mergeSize;
  const length = ids.length;
  const positions = new Int32Array(3 * length);
  let next = 0;
  let token = 0;
  let used = 0;
  while (token < length) {
    if (ids[token] !== image) {
      for (let axis = 0; axis < 3; axis++) positions[axis * length + token] = next;
      next++;
      token++;
      continue;
    }
    const grid = grids[used++];
    if (!grid)
      throw new RangeError(
        `ropeIndex: image tokens at ${token} have no image, expected ${grids.length} images in all.`,
      );
    const [frames, rows, columns] = [grid[0], grid[1] / merge, grid[2] / merge];
    const count = frames * rows * columns;
    for (let cell = 0; cell < count; cell++, token++) {
      if (ids[token] !== image) {
        throw new RangeError(
          `ropeIndex: image ${used} has ${cell} image tokens, expected ${count} for its grid [${grid}].`,
        );
      }
      positions[token] = next;
      positions[length + token] = next + (Math.floor(cell / columns) % rows);
      positions[2 * length + token] = next + (cell % columns);
    }
    next += Math.max(rows, columns);
  }
  if (used !== grids.length) {
    throw new RangeError(`ropeIndex: the ids hold ${used} images, expected ${grids.length}.`);
  }
  return { positions, ropeDelta: next - length };
}
