// V8 builds a vector constant anew in every turn of a loop, but loads one from memory once before it.

/**
 * 1.5 · 2²³ + n has n in its lowest bits: cheaper than a conversion that must look after overflow, and right for
 * whole numbers between ±2²².
 */
export const MAGIC = memory.data<f32>([12582912, 12582912, 12582912, 12582912], 16);

/** The same with 1.5 · 2⁵². */
export const DOUBLE_MAGIC = memory.data<f64>([6755399441055744, 6755399441055744], 16);

export const HALVES = memory.data<f64>([0.5, 0.5], 16);

export const ONES = memory.data<f64>([1, 1], 16);

export const THREES = memory.data<f64>([3, 3], 16);

/** A place left of and above every image. */
export const OUTSIDE = memory.data<f64>([-1, -1], 16);

/** Four pixels of four bytes to twelve bytes. */
export const TIGHT = memory.data<u8>([0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255], 16);

/** Red with green and green with blue of four pixels. */
export const LUMA_PAIRS = memory.data<u8>([0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11], 16);

/** Pillow's weights of those, in 2⁻¹⁶. */
export const LUMA_WEIGHTS = memory.data<i16>([19595, 19235, 19235, 7471, 19595, 19235, 19235, 7471], 16);

export const LUMA_ROUNDING = memory.data<i32>([32768, 32768, 32768, 32768], 16);

/** Half of the weights' denominator in `enlarge`. */
export const RESIZE_ROUNDING = memory.data<i32>([2097152, 2097152, 2097152, 2097152], 16);
