import type { RgbImage } from './rgb-image.js';

/**
 * Whose integer arithmetic to follow. Both compute the same filter; they differ in how many bits a
 * weight keeps, which moves under one per cent of the bytes, by a level or two.
 *
 * - `pillow`: 22 fractional bits (Pillow's `Image.resize`, hence qwen-vl-utils and transformers' `…Pil` processor).
 * - `torchvision`: 16-bit weights, as many fractional bits as the largest weight of an axis leaves room
 *   for (torch's antialiased bicubic on uint8, hence transformers' default processor).
 */
export type BicubicArithmetic = 'pillow' | 'torchvision';

export interface ResizeBicubicOptions {
  /** Default `pillow`. */
  readonly arithmetic?: BicubicArithmetic;
}

/**
 * Resizes by antialiased bicubic interpolation, equal to the byte to Pillow 12 or to torch 2.14.
 *
 * Cubic convolution with a = −½ (Keys 1981), stretched by the scale when shrinking, half-pixel
 * centres, weights normalised to sum 1; the horizontal pass is rounded and clamped to bytes before the
 * vertical one, and a pass that would not change a side is left out. (Pillow 12.2 to 12.3 take the vertical
 * pass first when shrinking images over 100 times as tall as wide, and so does `pillow` here.)
 *
 * @param image   the source.
 * @param width   target, pixels.
 * @param height  target, pixels.
 * @returns a new image; the source's own data when neither side changes.
 * @throws RangeError when a size is not a positive integer or the data is not width · height · 3 bytes.
 */
export function resizeBicubic(
  image: RgbImage,
  width: number,
  height: number,
  { arithmetic = 'pillow' }: ResizeBicubicOptions = {},
): RgbImage {
  for (const [name, value] of [
    ['width', width],
    ['height', height],
    ['image.width', image.width],
    ['image.height', image.height],
  ] as const) {
    if (!(Number.isInteger(value) && value > 0)) {
      throw new RangeError(`resizeBicubic: ${name} is ${value}; expected a positive integer.`);
    }
  }
  if (image.data.length !== image.width * image.height * channels) {
    throw new RangeError(
      `resizeBicubic: the data of an image of ${image.width}×${image.height} has ${image.data.length} bytes; ` +
        `expected width · height · 3 = ${image.width * image.height * channels} (interleaved RGB).`,
    );
  }
  const toWidth = (source: RgbImage): RgbImage => {
    if (width === source.width) return source;
    const taps = fixedPointTaps(source.width, width, arithmetic);
    return { width, height: source.height, data: resizeRows(source.data, source.height, taps) };
  };
  const toHeight = (source: RgbImage): RgbImage => {
    if (height === source.height) return source;
    const taps = fixedPointTaps(source.height, height, arithmetic);
    return { width: source.width, height, data: resizeColumns(source.data, source.width, taps) };
  };
  // Pillow since 12.2 shrinks a very tall image vertically first, to save time; the rounding shows.
  const tall = image.height > 100 * image.width && height < image.height;
  return tall && arithmetic === 'pillow' ? toWidth(toHeight(image)) : toHeight(toWidth(image));
}

const channels = 3;
/** Half-width of the cubic kernel, in source pixels at scale 1. */
const kernelRadius = 2;

/** The weights along one axis: output i is Σⱼ weights[i·stride + j] · source[first[i] + j], j < count[i]. */
interface Taps {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly stride: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** Fixed point with `bits` fractional bits. */
  readonly weights: Int32Array;
  readonly bits: number;
}

function fixedPointTaps(inputSize: number, outputSize: number, arithmetic: BicubicArithmetic): Taps {
  const kernel = arithmetic === 'pillow' ? pillowKernel : torchKernel;
  const scale = inputSize / outputSize;
  const stretch = Math.max(scale, 1);
  const inverse = 1 / stretch;
  const radius = kernelRadius * stretch;
  const stride = Math.ceil(radius) * 2 + 1;
  const first = new Int32Array(outputSize);
  const count = new Int32Array(outputSize);
  const exact = new Float64Array(outputSize * stride);
  let largest = 0;
  for (let i = 0; i < outputSize; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - radius + 0.5));
    const end = Math.min(inputSize, Math.trunc(center + radius + 0.5));
    first[i] = start;
    count[i] = end - start;
    let sum = 0;
    for (let j = 0; j < end - start; j++) {
      const weight = kernel((j + start - center + 0.5) * inverse);
      exact[i * stride + j] = weight;
      sum += weight;
    }
    for (let j = 0; j < end - start; j++) {
      const weight = exact[i * stride + j]! / sum;
      exact[i * stride + j] = weight;
      if (weight > largest) largest = weight;
    }
  }
  const bits = arithmetic === 'pillow' ? pillowBits : torchBits(largest);
  const weights = Int32Array.from(exact, (weight) =>
    Math.trunc(weight * 2 ** bits + (weight < 0 ? -0.5 : 0.5)),
  );
  return { inputSize, outputSize, stride, first, count, weights, bits };
}

/** 32 − 8 for a byte − 2 for the overshoot of a kernel with negative lobes. */
const pillowBits = 22;

/** The most fractional bits with which the largest weight still fits a signed 16-bit integer. */
function torchBits(largest: number): number {
  let bits = 0;
  while (bits < pillowBits && Math.trunc(0.5 + largest * 2 ** (bits + 1)) < 2 ** 15) bits++;
  return bits;
}

// The two libraries write the same cubic differently; a last bit of a double can decide a rounding.
function pillowKernel(signed: number): number {
  const x = Math.abs(signed);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * -0.5;
  return 0;
}

function torchKernel(signed: number): number {
  const x = Math.abs(signed);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

function resizeRows(source: Uint8Array, rows: number, taps: Taps): Uint8Array {
  const { inputSize, outputSize, stride, first, count, weights, bits } = taps;
  const target = new Uint8Array(rows * outputSize * channels);
  const half = 2 ** (bits - 1);
  for (let y = 0; y < rows; y++) {
    const row = y * inputSize * channels;
    let to = y * outputSize * channels;
    for (let x = 0; x < outputSize; x++) {
      let red = half;
      let green = half;
      let blue = half;
      let from = row + first[x]! * channels;
      for (let tap = x * stride, last = tap + count[x]!; tap < last; tap++) {
        const weight = weights[tap]!;
        red += source[from]! * weight;
        green += source[from + 1]! * weight;
        blue += source[from + 2]! * weight;
        from += channels;
      }
      target[to++] = toByte(red, bits);
      target[to++] = toByte(green, bits);
      target[to++] = toByte(blue, bits);
    }
  }
  return target;
}

function resizeColumns(source: Uint8Array, columns: number, taps: Taps): Uint8Array {
  const { outputSize, stride, first, count, weights, bits } = taps;
  const rowLength = columns * channels;
  const target = new Uint8Array(outputSize * rowLength);
  const sums = new Int32Array(rowLength);
  for (let y = 0; y < outputSize; y++) {
    sums.fill(2 ** (bits - 1));
    for (let j = 0; j < count[y]!; j++) {
      const weight = weights[y * stride + j]!;
      const from = (first[y]! + j) * rowLength;
      for (let i = 0; i < rowLength; i++) sums[i]! += source[from + i]! * weight;
    }
    const to = y * rowLength;
    for (let i = 0; i < rowLength; i++) target[to + i] = toByte(sums[i]!, bits);
  }
  return target;
}

function toByte(sum: number, bits: number): number {
  const value = sum >> bits;
  return value < 0 ? 0 : Math.min(value, 255);
}
