import type { RgbImage } from '../image.js';
import { kernelBinary } from './binary.js';

/** What is used of the global; its declarations come with the DOM's, which a library for Node and browsers does not load. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** The compiled loops over pixels; kernel/*.ts says what each does. */
export interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  blendValues(data: number, bytes: number, from: number, factor: number): void;
  lumaSum(data: number, pixels: number): number;
  saturate(data: number, pixels: number, factor: number): void;
  blur(
    source: number,
    target: number,
    weights: number,
    size: number,
    width: number,
    height: number,
    reflect: boolean,
  ): void;
  fillNoise(target: number, stride: number, bytes: number, rows: number, state: number): void;
  enlarge(
    source: number,
    target: number,
    scratch: number,
    width: number,
    height: number,
    left: number,
    top: number,
    windowWidth: number,
    windowHeight: number,
  ): void;
  warpNearest(
    source: number,
    target: number,
    width: number,
    height: number,
    startX: number,
    startY: number,
    stepX: number,
    stepY: number,
    rowStepX: number,
    rowStepY: number,
  ): void;
  warpPerspective(
    source: number,
    target: number,
    width: number,
    height: number,
    ...coefficients: readonly [number, number, number, number, number, number, number, number]
  ): void;
}

/** Bytes that vectors may read and write past the end of a buffer. */
const spare = 16;

/** The first address after the kernel's constants. */
const base = 1024;

/** Beyond this an instance is thrown away after use, because its memory never shrinks. */
const keptBytes = 32 * 1024 * 1024;

let keptKernel: Kernel | undefined;

/**
 * A copy of an image, changed in place in the kernel's memory.
 *
 * @param scratch bytes of working memory, at the address that `change` gets.
 */
export function changedInPlace(
  image: RgbImage,
  scratch: number,
  change: (kernel: Kernel, image: number, scratch: number) => void,
): RgbImage {
  const { width, height, data } = image;
  const scratchAddress = after(base, data.length);
  const kernel = kernelFor(after(scratchAddress, scratch));
  new Uint8Array(kernel.memory.buffer).set(data, base);
  change(kernel, base, scratchAddress);
  return { width, height, data: copied(new Uint8Array(kernel.memory.buffer, base, data.length)) };
}

/**
 * An image of the same size, every byte of which `draw` writes.
 *
 * @param scratch bytes of working memory, at the address that `draw` gets.
 */
export function drawnFrom(
  image: RgbImage,
  scratch: number,
  draw: (kernel: Kernel, source: number, target: number, scratch: number) => void,
): RgbImage {
  const { width, height, data } = image;
  const target = after(base, data.length);
  const scratchAddress = after(target, data.length);
  const kernel = kernelFor(after(scratchAddress, scratch));
  const memory = new Uint8Array(kernel.memory.buffer);
  memory.set(data, base);
  draw(kernel, base, target, scratchAddress);
  return { width, height, data: copied(memory.subarray(target, target + data.length)) };
}

/** What `slice` gives, measured to take half as long. */
function copied(data: Uint8Array): Uint8Array {
  const copy = new Uint8Array(data.length);
  copy.set(data);
  return copy;
}

/** The next address, a multiple of 16, after a buffer and its spare bytes. */
function after(address: number, bytes: number): number {
  return Math.ceil((address + bytes + spare) / 16) * 16;
}

/** The instance is kept between calls only to save its set-up: no call sees what another one left in it. */
function kernelFor(bytes: number): Kernel {
  const kernel = keptKernel ?? instantiate();
  if (bytes <= keptBytes) keptKernel = kernel;
  else keptKernel = undefined;
  const missing = bytes - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / 65_536));
  return kernel;
}

function instantiate(): Kernel {
  const binary = Uint8Array.from(atob(kernelBinary), (character) => character.charCodeAt(0));
  return new WebAssembly.Instance(new WebAssembly.Module(binary), {}).exports as Kernel;
}
