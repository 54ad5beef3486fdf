import { describe, expect, it } from 'vitest';
import { colorJitter } from './color-jitter.js';
import type { RgbImage } from './image.js';
import { seededRandom } from './random.js';
import { createPerturbation, createPreset, perturbationNames, presetNames } from './registry.js';
import { rotate } from './rotate.js';

const random = () => seededRandom('registry');
const image: RgbImage = { width: 20, height: 20, data: Uint8Array.from({ length: 1200 }, (_, at) => at) };

describe('createPerturbation', () => {
  it('knows them all', () => {
    expect(perturbationNames).toEqual([
      'identity',
      'colorJitter',
      'perspective',
      'rotate',
      'gaussianBlur',
      'occlude',
      'zoomCrop',
      'patchMask',
      'blackSquares',
      'posterize',
      'solarize',
      'invert',
      'affine',
      'verticalFlip',
      'oneOf',
      'compose',
      'sometimes',
    ]);
  });

  it('passes options on', () => {
    const named = createPerturbation('rotate', { degrees: 5 });
    expect(named(image, random())).toEqual(rotate({ degrees: 5 })(image, random()));
  });

  it('reads combinators, nested', () => {
    const named = createPerturbation('compose', {
      of: [
        { name: 'colorJitter', saturation: 0 },
        { name: 'sometimes', probability: 1, of: 'verticalFlip' },
      ],
    });
    const jittered = colorJitter({ saturation: 0 })(image, random());
    const view = named(image, random());
    expect(view.data.subarray(0, 60)).toEqual(jittered.data.subarray(19 * 60));
  });

  it.each([
    ['rotat', 'rotate'],
    ['ColorJitter', 'colorJitter'],
    ['gausianBlur', 'gaussianBlur'],
    ['zoom_crop', 'zoomCrop'],
  ])('for %s names %s', (name, nearest) => {
    expect(() => createPerturbation(name)).toThrow(RangeError);
    expect(() => createPerturbation(name)).toThrow(
      `createPerturbation: unknown perturbation "${name}", did you mean "${nearest}"? There are identity, `,
    );
  });

  it.each([
    ['rotate', { degree: 5 }, 'unknown option "degree", did you mean "degrees"?'],
    ['rotate', { degrees: [5, -5] }, 'degrees is '],
    ['rotate', { degrees: 'ten' }, 'degrees is '],
    ['invert', { much: true }, 'unknown option "much", expected none.'],
    ['identity', { much: true }, 'unknown option "much"'],
    ['occlude', { rectangles: 1.5 }, 'rectangles is '],
    ['patchMask', { probability: 1.2 }, 'probability is '],
    ['posterize', { bits: 0 }, 'bits is '],
    ['gaussianBlur', { kernelSize: 4 }, 'expected an odd number'],
    ['colorJitter', { order: ['contrast', 'contrast'] }, 'expected each step at most once'],
    ['oneOf', { of: [] }, 'of is '],
    ['oneOf', {}, 'of is '],
  ])('refuses %s with %j', (name, options, part) => {
    expect(() => createPerturbation(name, options)).toThrow(RangeError);
    expect(() => createPerturbation(name, options)).toThrow(`${name}: `);
    expect(() => createPerturbation(name, options)).toThrow(part);
  });
});

describe('createPreset', () => {
  it('knows the published ones', () => {
    expect(presetNames).toEqual(['cppoVerl', 'cppoAreal', 'papo', 'vppo']);
    expect(() => createPreset('cppo')).toThrow(
      'createPreset: unknown preset "cppo", did you mean "cppoVerl"?',
    );
    expect(() => createPreset('pappo')).toThrow('did you mean "papo"?');
  });

  it('reads a pair of one’s own, with one or several removing perturbations', () => {
    const one = createPreset({ preserving: 'identity', removing: 'invert' });
    expect(one.removing).toBeTypeOf('function');
    const two = createPreset({
      preserving: 'identity',
      removing: ['invert', { name: 'posterize', bits: 1 }],
    });
    expect(two.removing).toHaveLength(2);
  });
});
