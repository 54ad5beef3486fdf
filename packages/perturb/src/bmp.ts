/** Pixels with their transparency, four bytes each. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  /** [height · width · 4] R, G, B, A. */
  readonly data: Uint8Array;
  /** False where the file has no transparency; then A is 255. */
  readonly hasAlpha: boolean;
}

/** What the header says: where the pixels are and how they are written. */
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly upward: boolean;
  readonly bits: number;
  readonly compression: number;
  readonly pixels: number;
  /** Four bytes of a palette entry, or three in OS/2's files. */
  readonly palette: Uint8Array;
  readonly entry: number;
  /** Masks of R, G, B and A in a pixel of 16 or 32 bits. */
  readonly masks: readonly [number, number, number, number];
}

const uncompressed = 0;
const runs8 = 1;
const runs4 = 2;
const bitFields = 3;
const alphaBitFields = 6;

/** Whether bytes begin as a BMP file does. */
export function isBmp(bytes: Uint8Array): boolean {
  return bytes.length > 26 && bytes[0] === 0x42 && bytes[1] === 0x4d;
}

/** Width and height in pixels, without reading further than the header. */
export function bmpSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const { width, height } = readLayout(bytes);
  return { width, height };
}

/**
 * The pixels of a BMP file: 1, 4, 8, 16, 24 and 32 bits, palettes, bit fields and run lengths. libvips, which reads all
 * other formats here, does not read it.
 *
 * @throws RangeError when it is cut off or written in a way that no picture of a data set is.
 */
export function decodeBmp(bytes: Uint8Array): RgbaImage {
  const layout = readLayout(bytes);
  const { width, height, bits, compression, upward, masks } = layout;
  const data = new Uint8Array(4 * width * height).fill(255);
  const place = (row: number, column: number) => 4 * ((upward ? height - 1 - row : row) * width + column);
  const paint = paletteOf(layout);
  if (compression === runs8 || compression === runs4) {
    // What the runs leave out shows the first colour.
    for (let at = 0; at < data.length; at += 4) paint(data, at, 0);
    eachRun(bytes, layout, (row, column, index) => paint(data, place(row, column), index));
    return { width, height, data, hasAlpha: false };
  }
  const stride = 4 * Math.ceil((bits * width) / 32);
  if (layout.pixels + stride * height > bytes.length) {
    throw new RangeError(`the file ends after ${bytes.length} of ${layout.pixels + stride * height} bytes`);
  }
  const view = viewOf(bytes);
  const channels = masks.map(channel);
  for (let row = 0; row < height; row++) {
    const start = layout.pixels + row * stride;
    for (let column = 0; column < width; column++) {
      const at = place(row, column);
      if (bits <= 8) {
        const bit = column * bits;
        const byte = bytes[start + (bit >> 3)]!;
        paint(data, at, (byte >> (8 - bits - (bit & 7))) & ((1 << bits) - 1));
      } else if (bits === 24) {
        for (let c = 0; c < 3; c++) data[at + c] = bytes[start + 3 * column + 2 - c]!;
      } else {
        const value =
          bits === 16 ? view.getUint16(start + 2 * column, true) : view.getUint32(start + 4 * column, true);
        for (let c = 0; c < 4; c++) if (masks[c] !== 0) data[at + c] = channels[c]!(value);
      }
    }
  }
  return { width, height, data, hasAlpha: masks[3] !== 0 };
}

function readLayout(bytes: Uint8Array): Layout {
  const view = viewOf(bytes);
  const header = bytes.length >= 18 ? view.getUint32(14, true) : 0;
  const old = header === 12;
  if ((!old && header < 40) || bytes.length < 14 + header) throw new RangeError('the header is cut off');
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true);
  const signed = old ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = old ? uncompressed : view.getUint32(30, true);
  const known =
    compression === uncompressed
      ? [1, 4, 8, 16, 24, 32].includes(bits)
      : compression === runs8
        ? bits === 8
        : compression === runs4
          ? bits === 4
          : (compression === bitFields || compression === alphaBitFields) && (bits === 16 || bits === 32);
  if (!known) throw new RangeError(`${bits} bits with compression ${compression} are not read`);
  if (width <= 0 || signed === 0) throw new RangeError(`the header says ${width}×${signed} pixels`);
  const pixels = view.getUint32(10, true);
  const named = old ? 0 : view.getUint32(46, true);
  const entry = old ? 3 : 4;
  const fields = compression === bitFields || compression === alphaBitFields;
  // In headers of 40 bytes the masks follow, in longer ones they are at the same offset within.
  const maskBytes = fields && header === 40 ? (compression === bitFields ? 12 : 16) : 0;
  const colours = bits <= 8 ? named || 2 ** bits : 0;
  const from = 14 + header + maskBytes;
  return {
    width,
    height: Math.abs(signed),
    upward: signed > 0,
    bits,
    compression,
    pixels,
    entry,
    palette: bytes.subarray(from, from + entry * colours),
    masks: fields
      ? [
          view.getUint32(54, true),
          view.getUint32(58, true),
          view.getUint32(62, true),
          header >= 56 || compression === alphaBitFields ? view.getUint32(66, true) : 0,
        ]
      : bits === 16
        ? [0x7c00, 0x3e0, 0x1f, 0]
        : [0xff0000, 0xff00, 0xff, 0],
  };
}

/** Writes the colour of a palette's entry. */
function paletteOf({ palette, entry }: Layout) {
  return (data: Uint8Array, at: number, index: number) => {
    for (let c = 0; c < 3; c++) data[at + c] = palette[entry * index + 2 - c] ?? 0;
  };
}

/** The bits of a mask, stretched to 0…255. */
function channel(mask: number): (value: number) => number {
  if (mask === 0) return () => 255;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (value) => Math.floor((((value & mask) >>> shift) * 255) / most);
}

/** Calls with row (from the first in the file), column and palette index of each pixel that the runs give. */
function eachRun(
  bytes: Uint8Array,
  { width, height, bits, pixels }: Layout,
  paint: (row: number, column: number, index: number) => void,
): void {
  let at = pixels;
  let row = 0;
  let column = 0;
  const next = (): number => {
    if (at >= bytes.length) throw new RangeError(`the file ends in row ${row} of ${height}`);
    return bytes[at++]!;
  };
  const put = (index: number) => {
    if (row < height && column < width) paint(row, column, index);
    column++;
  };
  const half = (byte: number, which: number) => (which % 2 === 0 ? byte >> 4 : byte & 15);
  while (row < height) {
    const count = next();
    const value = next();
    if (count > 0) {
      for (let i = 0; i < count; i++) put(bits === 8 ? value : half(value, i));
    } else if (value === 0) {
      row++;
      column = 0;
    } else if (value === 1) {
      return;
    } else if (value === 2) {
      column += next();
      row += next();
    } else {
      let byte = 0;
      for (let i = 0; i < value; i++) {
        if (bits === 8 || i % 2 === 0) byte = next();
        put(bits === 8 ? byte : half(byte, i));
      }
      // Literal runs end at an even byte.
      if ((at - pixels) % 2 === 1) at++;
    }
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
