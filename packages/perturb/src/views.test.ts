import { describe, expect, it } from 'vitest';
import { largestDifference } from './__fixtures__/read.js';
import { identity, oneOf } from './combine.js';
import type { RgbImage } from './image.js';
import { occlude } from './occlude.js';
import { patchMask } from './patch-mask.js';
import { cppoAreal, cppoVerl, papo, vppo } from './presets.js';
import { seededRandom } from './random.js';
import { rotate } from './rotate.js';
import { makeViews } from './views.js';

const noise = seededRandom('picture');
const image: RgbImage = {
  width: 56,
  height: 42,
  data: Uint8Array.from({ length: 7056 }, () => noise.bits() | 1),
};

describe('makeViews', () => {
  it.each(Object.entries({ cppoVerl, cppoAreal, papo, vppo }))(
    '%s keeps the size and repeats itself',
    (_, preset) => {
      for (let epoch = 0; epoch < 20; epoch++) {
        const views = makeViews(image, preset, seededRandom('run', 'sample', epoch));
        for (const view of [views.preserving, ...views.removing]) {
          expect([view.width, view.height, view.data.length]).toEqual([56, 42, 7056]);
        }
        expect(views.removing).toHaveLength(1);
        expect(views.removing[0]!.data).not.toEqual(image.data);
        expect(makeViews(image, preset, seededRandom('run', 'sample', epoch))).toEqual(views);
      }
    },
  );

  it('draws afresh for another epoch', () => {
    const [first, second] = [0, 1].map((epoch) =>
      makeViews(image, vppo, seededRandom('run', 'sample', epoch)),
    );
    expect(largestDifference(first!.removing[0]!.data, second!.removing[0]!.data)).toBeGreaterThan(0);
  });

  it('gives PAPO and VPPO the image itself as the preserving view', () => {
    expect(makeViews(image, papo, seededRandom(1)).preserving).toBe(image);
    expect(makeViews(image, vppo, seededRandom(1)).preserving).toBe(image);
  });

  it('makes the same removing view whatever the preserving perturbation draws', () => {
    const plain = makeViews(image, { preserving: identity, removing: occlude() }, seededRandom(5));
    const turned = makeViews(
      image,
      { preserving: oneOf(rotate(), occlude()), removing: occlude() },
      seededRandom(5),
    );
    expect(largestDifference(turned.removing[0]!.data, plain.removing[0]!.data)).toBe(0);
  });

  it('makes several removing views, each from its own draws', () => {
    const preset = { preserving: identity, removing: [patchMask(), patchMask()] };
    const [first, second] = makeViews(image, preset, seededRandom(5)).removing;
    expect(largestDifference(first!.data, second!.data)).toBeGreaterThan(0);
  });
});
