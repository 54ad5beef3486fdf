import type { QwenVisionConfig } from '../config.js';

type Grid = readonly [number, number, number];

/** How the patches of some images are ordered and divided inside the vision tower. */
export interface WindowPlan {
  /** [units] merge unit (in raster order, image after image) that stands at each place, window by window. */
  readonly order: Int32Array;
  /** [units] its inverse. */
  readonly inverse: Int32Array;
  /** Patches in each window. */
  readonly windows: readonly number[];
  /** Patches in each frame of each image: full attention does not cross them. */
  readonly frames: readonly number[];
  /** [patches] row and column of every patch in its image, in window order. */
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

/**
 * Divides images into attention windows of windowSize pixels, clipped at the right and bottom edges, row by row;
 * patches come in merge units (2×2), which stay together. Where a tower has no windows, each frame is one.
 */
export function windowPlan(grids: readonly Grid[], config: QwenVisionConfig): WindowPlan {
  const merge = config.mergeSize;
  const side = (config.windowSize ?? Number.POSITIVE_INFINITY) / merge / config.patchSize;
  const order: number[] = [];
  const rows: number[] = [];
  const columns: number[] = [];
  const windows: number[] = [];
  const frames: number[] = [];
  let base = 0;
  for (const [count, height, width] of grids) {
    const unitRows = height / merge;
    const unitColumns = width / merge;
    for (let frame = 0; frame < count; frame++) {
      for (let top = 0; top < unitRows; top += side) {
        for (let left = 0; left < unitColumns; left += side) {
          const bottom = Math.min(top + side, unitRows);
          const right = Math.min(left + side, unitColumns);
          for (let row = top; row < bottom; row++) {
            for (let column = left; column < right; column++) {
              order.push(base + row * unitColumns + column);
              for (let patch = 0; patch < merge * merge; patch++) {
                rows.push(row * merge + Math.floor(patch / merge));
                columns.push(column * merge + (patch % merge));
              }
            }
          }
          windows.push((bottom - top) * (right - left) * merge * merge);
        }
      }
      frames.push(height * width);
      base += unitRows * unitColumns;
    }
  }
  const inverse = new Int32Array(order.length);
  order.forEach((unit, place) => {
    inverse[unit] = place;
  });
  return {
    order: Int32Array.from(order),
    inverse,
    windows,
    frames,
    rows: Int32Array.from(rows),
    columns: Int32Array.from(columns),
  };
}
