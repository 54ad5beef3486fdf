import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largestDifference } from './__fixtures__/read.js';
import type { RgbImage } from './image.js';
import { seededRandom } from './random.js';
import { createPerturbation, perturbationNames } from './registry.js';

const optionsOf: Readonly<Record<string, object>> = {
  oneOf: { of: ['rotate', 'occlude'] },
  compose: { of: ['rotate', 'occlude'] },
  sometimes: { probability: 0.5, of: 'zoomCrop' },
  perspective: { probability: 1, distortionScale: 0.6 },
};

const anyImage = fc
  .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }), seed: fc.nat() })
  .map(({ width, height, seed }): RgbImage => {
    const random = seededRandom('picture', seed);
    return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.bits()) };
  });

describe.each(perturbationNames)('%s', (name) => {
  const perturbation = createPerturbation(name, optionsOf[name] ?? {});

  it('keeps the size and the image given, and repeats itself from the same seed', () => {
    fc.assert(
      fc.property(anyImage, fc.nat(), (image, seed) => {
        const before = image.data.slice();
        const view = perturbation(image, seededRandom(seed));
        const again = perturbation({ ...image, data: before }, seededRandom(seed));
        expect([view.width, view.height, view.data.length]).toEqual([
          image.width,
          image.height,
          before.length,
        ]);
        expect(Buffer.compare(image.data, before)).toBe(0);
        expect(Buffer.compare(view.data, again.data)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe.each(
  perturbationNames.filter((name) => !['identity', 'oneOf', 'compose', 'sometimes'].includes(name)),
)('%s', (name) => {
  it('refuses an image whose bytes do not fit', () => {
    const perturbation = createPerturbation(name);
    expect(() => perturbation({ width: 3, height: 2, data: new Uint8Array(17) }, seededRandom(1))).toThrow(
      new RangeError(`${name}: image is 3×2 with 17 bytes; expected 18 (RGB).`),
    );
  });
});

describe('what comes out', () => {
  const gray = (width: number, height: number, value: number): RgbImage => ({
    width,
    height,
    data: new Uint8Array(width * height * 3).fill(value),
  });

  it.each(['zoomCrop', 'gaussianBlur'])('%s leaves a flat image flat', (name) => {
    for (const value of [0, 1, 127, 254, 255]) {
      const view = createPerturbation(name)(gray(23, 17, value), seededRandom(value));
      expect(view.data.every((channel) => channel === value)).toBe(true);
    }
  });

  it.each(['rotate', 'perspective', 'affine'])('%s leaves a flat image flat or black', (name) => {
    const view = createPerturbation(name, optionsOf[name])(gray(57, 41, 200), seededRandom(3));
    expect(new Set(view.data)).toEqual(new Set([0, 200]));
  });

  it('twice invert or verticalFlip is the image', () => {
    fc.assert(
      fc.property(anyImage, fc.constantFrom('invert', 'verticalFlip'), (image, name) => {
        const twice = createPerturbation('compose', { of: [name, name] });
        expect(largestDifference(twice(image, seededRandom(1)).data, image.data)).toBe(0);
      }),
    );
  });

  it('factors of 1 leave colours alone', () => {
    fc.assert(
      fc.property(anyImage, (image) => {
        const jitter = createPerturbation('colorJitter', { brightness: 1, contrast: 1, saturation: 1 });
        expect(largestDifference(jitter(image, seededRandom(1)).data, image.data)).toBe(0);
      }),
    );
  });

  it('saturation 0 makes all three channels equal', () => {
    fc.assert(
      fc.property(anyImage, (image) => {
        const jitter = createPerturbation('colorJitter', { saturation: 0, order: ['saturation'] });
        const { data } = jitter(image, seededRandom(1));
        expect(data.every((value, at) => value === data[at - (at % 3)])).toBe(true);
      }),
    );
  });
});

describe('perspective with corners of one’s own', () => {
  const image: RgbImage = { width: 8, height: 8, data: new Uint8Array(192).fill(255) };

  it('refuses three corners in line', () => {
    const flat = [
      [0, 0],
      [4, 0],
      [7, 0],
      [0, 7],
    ];
    const perturbation = createPerturbation('perspective', { corners: flat, probability: 1 });
    expect(() => perturbation(image, seededRandom(1))).toThrow('expected no three of them in line');
  });

  it('leaves what lies at and beyond the horizon black', () => {
    // The lower corners almost meet, so the horizon runs through the picture.
    const steep = [
      [0, 0],
      [7, 0],
      [3.5000001, 3],
      [3.5, 3],
    ];
    const view = createPerturbation('perspective', { corners: steep, probability: 1 })(
      image,
      seededRandom(1),
    );
    expect(new Set(view.data)).toEqual(new Set([0, 255]));
    expect(view.data.subarray(7 * 24)).toEqual(new Uint8Array(24));
  });
});
