import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import configurations from '../__fixtures__/configurations.json' with { type: 'json' };
import reference from './__fixtures__/images.json' with { type: 'json' };
import { parsePreprocessorConfig, prepareImage, type RgbImage, resizeBicubic, smartResize } from './index.js';

/** The same picture as in tools/reference/policy-qwen/inputs/images.py. */
function picture(width: number, height: number, seed: number): RgbImage {
  let state = seed;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const noise = state >>> 24;
    return Math.floor(i / 48) % 3 === 0 ? noise : (Math.floor((i * 7) / 11) + (noise >> 4)) % 256;
  });
  return { width, height, data };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (array: Float32Array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

describe('smartResize', () => {
  it('gives the sizes of transformers, and refuses what it refuses', () => {
    let refused = 0;
    for (const [height, width, minPixels, maxPixels, expected] of reference.targets as [
      number,
      number,
      number,
      number,
      [number, number] | string,
    ][]) {
      const resize = () => smartResize(height, width, { minPixels, maxPixels, factor: 28 });
      if (typeof expected === 'string') {
        expect(expected).toContain('aspect ratio');
        expect(resize).toThrow(/times the shorter; at most 200 times is accepted/);
        refused++;
      } else {
        expect([height, width, ...resize()]).toEqual([height, width, ...expected]);
      }
    }
    expect(refused).toBeGreaterThan(5);
  });

  it('gives multiples of the factor within the bounds', () => {
    const side = fc.integer({ min: 100, max: 5000 });
    fc.assert(
      fc.property(side, side, (height, width) => {
        const [h, w] = smartResize(height, width, { minPixels: 3136, maxPixels: 1003520, factor: 28 });
        expect(h % 28).toBe(0);
        expect(w % 28).toBe(0);
        expect(h * w).toBeGreaterThanOrEqual(3136);
        expect(h * w).toBeLessThanOrEqual(1003520);
        expect(smartResize(h, w, { minPixels: 3136, maxPixels: 1003520, factor: 28 })).toEqual([h, w]);
      }),
    );
  });

  it('says why it refuses an image', () => {
    const bounds = { minPixels: 3136, maxPixels: 12845056, factor: 28 };
    expect(() => smartResize(1, 201, bounds)).toThrow('201×1 pixels (width×height) is 201 times the shorter');
    expect(() => smartResize(0, 20, bounds)).toThrow(
      '20×0 pixels (width×height); both must be positive integers',
    );
    expect(() => smartResize(3, 300, { ...bounds, minPixels: 0 })).toThrow('minPixels must be at least 784');
  });
});

describe('resizeBicubic', () => {
  for (const arithmetic of ['pillow', 'torchvision'] as const) {
    it(`equals ${arithmetic} to the byte`, () => {
      for (const item of reference.resize) {
        const [width, height] = item.from as [number, number];
        const result = resizeBicubic(picture(width, height, item.seed), item.to[0]!, item.to[1]!, {
          arithmetic,
        });
        const label = `${item.from.join('×')} → ${item.to.join('×')}`;
        const small = item[`${arithmetic}Bytes`];
        if (small) expect([label, ...result.data]).toEqual([label, ...Buffer.from(small, 'base64')]);
        expect([label, sha256(result.data)]).toEqual([label, item[arithmetic]]);
      }
    });
  }

  it('keeps the two arithmetics apart, as the references differ', () => {
    const item = reference.resize.find(({ differing }) => differing > 0)!;
    const source = picture(item.from[0]!, item.from[1]!, item.seed);
    const results = (['pillow', 'torchvision'] as const).map(
      (arithmetic) => resizeBicubic(source, item.to[0]!, item.to[1]!, { arithmetic }).data,
    );
    expect(results[0]!.filter((value, i) => value !== results[1]![i]).length).toBe(item.differing);
  });

  it('leaves a flat image flat', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, side, side, fc.integer({ min: 0, max: 255 }), (w, h, toW, toH, value) => {
        const flat = { width: w, height: h, data: new Uint8Array(w * h * 3).fill(value) };
        expect(new Set(resizeBicubic(flat, toW, toH).data)).toEqual(new Set([value]));
      }),
    );
  });

  it('refuses sizes that are none and data of another length', () => {
    const source = picture(2, 2, 0);
    expect(() => resizeBicubic(source, 0, 4)).toThrow(
      'resizeBicubic: width is 0; expected a positive integer',
    );
    expect(() => resizeBicubic({ ...source, width: 3 }, 4, 4)).toThrow(
      'has 12 bytes; expected width · height · 3 = 18',
    );
  });
});

describe('prepareImage', () => {
  const configs = reference.configs as Record<string, Record<string, unknown>>;

  it('equals the image processor of transformers', () => {
    for (const item of reference.prepare) {
      const { pixels, grid } = prepareImage(
        picture(item.size[0]!, item.size[1]!, item.seed),
        configs[item.config]!,
      );
      const label = `${item.config}, ${item.size.join('×')}`;
      expect([label, ...grid]).toEqual([label, ...item.grid]);
      expect([label, pixels.length]).toEqual([label, item.shape[0]! * item.shape[1]!]);
      const off = Math.max(...item.at.map((i, n) => Math.abs(pixels[i]! - item.values[n]!)));
      expect(off, label).toBeLessThanOrEqual(1e-6);
      // Stronger than the tolerance: the very bits, except of the Pil class, which rounds otherwise on normalising.
      if (item.config !== 'pil') expect([label, sha256(bytesOf(pixels))]).toEqual([label, item.sha256]);
    }
  });

  it('resamples as asked rather than as configured', () => {
    const source = picture(640, 361, 6);
    const asPillow = prepareImage(source, configs.edges!, { arithmetic: 'pillow' });
    const asConfigured = prepareImage(source, configs.pil!);
    expect(sha256(bytesOf(asPillow.pixels))).toBe(sha256(bytesOf(asConfigured.pixels)));
    expect(sha256(bytesOf(asPillow.pixels))).not.toBe(
      sha256(bytesOf(prepareImage(source, configs.edges!).pixels)),
    );
  });

  it('refuses an unresized image that does not divide into patches', () => {
    expect(() => prepareImage(picture(30, 56, 0), { do_resize: false })).toThrow(
      '30×56 pixels (width×height) with do_resize false; expected both sides to be multiples of 28',
    );
    expect(prepareImage(picture(28, 56, 0), { do_resize: false }).grid).toEqual([1, 4, 2]);
  });
});

describe('parsePreprocessorConfig', () => {
  it('reads the pixel bounds in each of their forms', () => {
    const bounds = (json: Record<string, unknown>) => {
      const { minPixels, maxPixels } = parsePreprocessorConfig(json);
      return [minPixels, maxPixels];
    };
    expect(bounds({ min_pixels: 1000, max_pixels: 2000 })).toEqual([1000, 2000]);
    expect(bounds({ size: { shortest_edge: 1000, longest_edge: 2000 } })).toEqual([1000, 2000]);
    expect(bounds({ min_pixels: 900, size: { shortest_edge: 1000, longest_edge: 2000 } })).toEqual([
      900, 2000,
    ]);
    expect(bounds({ min_pixels: null, max_pixels: null })).toEqual([3136, 1003520]);
  });

  it('takes and refuses the bounds that transformers takes and refuses', () => {
    for (const { config, bounds } of configurations.bounds as { config: object; bounds: number[] | null }[]) {
      const read = () => parsePreprocessorConfig(config as Record<string, unknown>);
      const label = JSON.stringify(config);
      if (bounds === null)
        expect(read, label).toThrow(/"size" in preprocessor_config.json is .*shortest_edge/);
      else expect([read().minPixels, read().maxPixels], label).toEqual(bounds);
    }
  });

  it('names the key and what it found', () => {
    expect(() => parsePreprocessorConfig({ image_processor_type: 'CLIPImageProcessor' })).toThrow(
      '"image_processor_type" in preprocessor_config.json is "CLIPImageProcessor": expected Qwen2VL',
    );
    expect(() => parsePreprocessorConfig({ patch_size: '14' })).toThrow(/"patch_size".* is "14": .*expected/);
    expect(() => parsePreprocessorConfig({ image_mean: [1, 2] })).toThrow(/"image_mean".* is \[1,2\]/);
    expect(() => parsePreprocessorConfig({ resample: 2 })).toThrow(
      /"resample".* is 2: expected 3 \(bicubic\)/,
    );
    expect(() => parsePreprocessorConfig({ min_pixels: 5, max_pixels: 4 })).toThrow(
      'min_pixels (5) exceeds max_pixels (4)',
    );
  });
});
