import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type ImageFileFixture, largestDifference, readFixture, unpacked } from './__fixtures__/read.js';
import { decodeAndCompare, decodeImage, encodeJpeg, encodePng } from './codec.js';
import { seededRandom } from './random.js';

const { files } = readFixture<ImageFileFixture>('image-files.json');

function fileOf(name: string): Uint8Array {
  return new Uint8Array(Buffer.from(files.find((file) => file.name === name)!.file, 'base64'));
}

/** A square of 24 with a smaller one in it, whose edge fades, on clear pixels that hold another colour. */
async function drawing(ink: readonly number[], beneath: readonly number[]): Promise<Uint8Array> {
  const side = 24;
  const data = new Uint8Array(4 * side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const inside = Math.min(x, y, side - 1 - x, side - 1 - y) - 5;
      const opacity = Math.max(0, Math.min(255, 85 * inside));
      data.set([...(opacity > 0 ? ink : beneath), opacity], 4 * (y * side + x));
    }
  }
  return await sharp(data, { raw: { width: side, height: side, channels: 4 } })
    .png()
    .toBuffer();
}

describe('decodeImage', () => {
  it.each(files)('reads $name as Pillow does', async ({ name, width, height, pixels }) => {
    const image = await decodeImage(fileOf(name));
    expect([image.width, image.height]).toEqual([width, height]);
    expect(largestDifference(image.data, unpacked(pixels))).toBe(0);
  });

  it.each(files.filter(({ onWhite }) => onWhite !== undefined))(
    'lays $name on white',
    async ({ name, onWhite }) => {
      const image = await decodeImage(fileOf(name), { alpha: 'white' });
      // libvips may take 16 bits of transparency to 8 one level away from Pillow.
      expect(largestDifference(image.data, unpacked(onWhite!))).toBeLessThanOrEqual(1);
    },
  );

  it('leaves a file without transparency alone when laid on white', async () => {
    const plain = await decodeImage(fileOf('colour.png'));
    expect(await decodeImage(fileOf('colour.png'), { alpha: 'white' })).toEqual(plain);
  });

  // Of the animated file the first frame is read, so it is the first frame that must be cut.
  it.each([
    ['colour.png', 0.8],
    ['colour.jpg', 0.5],
    ['colour.jpg', 0.8],
    ['colour.webp', 0.5],
    ['animated.gif', 0.3],
    ['colour.tif', 0.5],
    ['colour.bmp', 0.5],
    ['run lengths.bmp', 0.95],
  ])('names a %s of which %d is there', async (name, share) => {
    const file = fileOf(name);
    const cut = decodeImage(file.subarray(0, Math.floor(file.length * share)), { name });
    await expect(cut).rejects.toThrow(new RegExp(`^decodeImage: ${name} .*(is broken|is not an image): `));
  });

  it.each([
    ['#0080ff', [0, 128, 255]],
    ['black', [0, 0, 0]],
  ])('lays an image on %s', async (alpha, ground) => {
    const image = await decodeImage(await drawing([9, 9, 9], [0, 0, 0]), { alpha });
    expect([...image.data.subarray(0, 3)]).toEqual(ground);
    expect([...image.data.subarray(3 * (12 * 24 + 12)).subarray(0, 3)]).toEqual([9, 9, 9]);
  });

  it('refuses a background that is none', async () => {
    await expect(decodeImage(fileOf('transparent.png'), { alpha: 'pink' })).rejects.toThrow(
      'decodeImage: alpha is "pink"; expected drop, white, black or #rrggbb.',
    );
  });

  it.each([
    ['black on clear black', [0, 0, 0], [0, 0, 0], 'drop', 1],
    ['black on clear black', [0, 0, 0], [0, 0, 0], 'white', 0],
    ['black on clear white', [0, 0, 0], [255, 255, 255], 'drop', 0],
    ['white on clear black', [255, 255, 255], [0, 0, 0], 'drop', 0],
    ['white on clear black', [255, 255, 255], [0, 0, 0], 'white', 1],
  ] as const)(
    'says of %s (drawn %j, beneath %j, %s) how much is hidden',
    async (_, ink, beneath, alpha, hidden) => {
      const file = await drawing(ink, beneath);
      const seen = await decodeAndCompare(file, { alpha });
      expect(seen.hidden).toBe(hidden);
      expect(seen.image).toEqual(await decodeImage(file, { alpha }));
    },
  );

  it('finds nothing hidden where nothing is transparent', async () => {
    for (const name of ['colour.png', 'colour.jpg', 'colour.bmp', 'cmyk.jpg']) {
      expect((await decodeAndCompare(fileOf(name))).hidden).toBe(0);
    }
  });

  it('says what is a pointer of Git LFS', async () => {
    const pointer = new TextEncoder().encode(
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n',
    );
    await expect(decodeImage(pointer, { name: 'cat.png' })).rejects.toThrow(
      'decodeImage: cat.png is a pointer of Git LFS, not the image itself',
    );
  });

  it('names what is not an image', async () => {
    const text = new TextEncoder().encode('<!doctype html><p>404 Not Found');
    await expect(decodeImage(text, { name: 'cat.png' })).rejects.toThrow(
      'decodeImage: cat.png (31 bytes) is not an image: Input buffer contains unsupported image format.',
    );
    await expect(decodeImage(new Uint8Array())).rejects.toThrow(
      'decodeImage: image (0 bytes) is not an image',
    );
  });

  it('refuses drawings, which could name other files', async () => {
    const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>');
    await expect(decodeImage(svg)).rejects.toThrow('decodeImage: image is svg; expected one of jpeg, png');
  });

  it('refuses an image of too many pixels before unpacking it', async () => {
    await expect(decodeImage(fileOf('colour.png'), { maxPixels: 100, name: 'big.png' })).rejects.toThrow(
      new RangeError('decodeImage: big.png is 19×13; expected at most 100 pixels.'),
    );
    // 60000 × 60000 black pixels in a few hundred bytes: only the header is true.
    const bomb = fileOf('colour.png').slice();
    new DataView(bomb.buffer).setUint32(16, 60_000);
    new DataView(bomb.buffer).setUint32(20, 60_000);
    await expect(decodeImage(bomb)).rejects.toThrow(
      /60000×60000; expected at most 178956970 pixels|is not an image/,
    );
  });
});

describe('encoding', () => {
  const random = seededRandom('picture');
  const image = { width: 17, height: 9, data: Uint8Array.from({ length: 17 * 9 * 3 }, () => random.bits()) };

  it('as PNG loses nothing', async () => {
    expect(await decodeImage(await encodePng(image))).toEqual(image);
  });

  it('as JPEG comes close, closer with quality', async () => {
    const flat = { ...image, data: new Uint8Array(image.data.length).fill(77) };
    const decoded = await decodeImage(await encodeJpeg(flat));
    expect(largestDifference(decoded.data, flat.data)).toBeLessThanOrEqual(1);
    const small = await encodeJpeg(image, { quality: 20 });
    expect(small.length).toBeLessThan((await encodeJpeg(image, { quality: 95 })).length);
  });

  it('refuses an image whose bytes do not fit', async () => {
    await expect(encodePng({ width: 2, height: 2, data: new Uint8Array(4) })).rejects.toThrow(
      new RangeError('encodePng: image is 2×2 with 4 bytes; expected 12 (RGB).'),
    );
  });
});
