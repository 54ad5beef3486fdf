import { describeValue, nearestName, parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { type AffineOptions, affine } from './affine.js';
import { type BlackSquaresOptions, blackSquares } from './black-squares.js';
import { type ColorJitterOptions, colorJitter } from './color-jitter.js';
import { combinationOptions } from './combination-options.js';
import { compose, identity, oneOf, sometimes } from './combine.js';
import { type GaussianBlurOptions, gaussianBlur } from './gaussian-blur.js';
import { invert } from './invert.js';
import { type OccludeOptions, occlude } from './occlude.js';
import { type PatchMaskOptions, patchMask } from './patch-mask.js';
import { type PerspectiveOptions, perspective } from './perspective.js';
import type { Perturbation } from './perturbation.js';
import { type PosterizeOptions, posterize } from './posterize.js';
import { cppoAreal, cppoVerl, papo, vppo } from './presets.js';
import { type RotateOptions, rotate } from './rotate.js';
import { type SolarizeOptions, solarize } from './solarize.js';
import { verticalFlip } from './vertical-flip.js';
import type { ViewPreset } from './views.js';
import { type ZoomCropOptions, zoomCrop } from './zoom-crop.js';

/** What a configuration file says instead of code: a name, or a name beside its options. */
export type PerturbationSpec = string | { readonly name: string; readonly [option: string]: unknown };

/** A preset by name, or a custom pair. */
export type ViewPresetSpec =
  | string
  | {
      readonly preserving: PerturbationSpec;
      readonly removing: PerturbationSpec | readonly PerturbationSpec[];
    };

const spec = z.union([z.string(), z.looseObject({ name: z.string() })]);
const none = z.strictObject({});

/** Each factory checks its own options. */
const factories: Readonly<Record<string, (options: object) => Perturbation>> = {
  identity: (options) => {
    parseOptions('identity', none, options);
    return identity;
  },
  colorJitter: (options) => colorJitter(options as ColorJitterOptions),
  perspective: (options) => perspective(options as PerspectiveOptions),
  rotate: (options) => rotate(options as RotateOptions),
  gaussianBlur: (options) => gaussianBlur(options as GaussianBlurOptions),
  occlude: (options) => occlude(options as OccludeOptions),
  zoomCrop: (options) => zoomCrop(options as ZoomCropOptions),
  patchMask: (options) => patchMask(options as PatchMaskOptions),
  blackSquares: (options) => blackSquares(options as BlackSquaresOptions),
  posterize: (options) => posterize(options as PosterizeOptions),
  solarize: (options) => solarize(options as SolarizeOptions),
  invert: (options) => {
    parseOptions('invert', none, options);
    return invert();
  },
  affine: (options) => affine(options as AffineOptions),
  verticalFlip: (options) => {
    parseOptions('verticalFlip', none, options);
    return verticalFlip();
  },
  oneOf: (options) =>
    oneOf(...parseOptions('oneOf', combinationOptions.oneOf(spec), options).of.map(fromSpec)),
  compose: (options) =>
    compose(...parseOptions('compose', combinationOptions.compose(spec), options).of.map(fromSpec)),
  sometimes: (options) => {
    const { probability, of } = parseOptions('sometimes', combinationOptions.sometimes(spec), options);
    return sometimes(probability, fromSpec(of));
  },
};

const presets: Readonly<Record<string, ViewPreset>> = { cppoVerl, cppoAreal, papo, vppo };

/** Every name that `createPerturbation` knows. */
export const perturbationNames: readonly string[] = Object.keys(factories);

/** Every name that `createPreset` knows. */
export const presetNames: readonly string[] = Object.keys(presets);

/**
 * Creates the perturbation that a configuration names.
 *
 * The combinators take `of`: a list for `oneOf` and `compose`, one perturbation and a `probability` for
 * `sometimes`.
 *
 * @param name one of `perturbationNames`.
 * @param options those of the perturbation.
 * @returns the perturbation.
 * @throws RangeError for an unknown name, suggesting the nearest known one, and for an option that is unknown
 *   or out of range.
 * @example
 * const image = { width: 1, height: 1, data: Uint8Array.of(0, 100, 255) };
 * const perturbation = createPerturbation('compose', { of: ['invert', { name: 'posterize', bits: 1 }] });
 * perturbation(image, seededRandom(1)).data; // [128, 128, 0]
 */
export function createPerturbation(name: string, options: object = {}): Perturbation {
  return known('createPerturbation', 'perturbation', factories, name)(options);
}

/**
 * Creates the views that a configuration names.
 *
 * @param preset one of `presetNames`, or a preserving and one or more removing perturbations.
 * @returns the perturbation of each view.
 * @throws as `createPerturbation`.
 * @example
 * createPreset('cppoVerl') === cppoVerl; // true
 * createPreset({ preserving: 'rotate', removing: ['occlude', 'zoomCrop'] }).removing.length; // 2
 */
export function createPreset(preset: ViewPresetSpec): ViewPreset {
  if (typeof preset === 'string') return known('createPreset', 'preset', presets, preset);
  const { preserving, removing } = preset;
  return {
    preserving: fromSpec(preserving),
    removing: Array.isArray(removing) ? removing.map(fromSpec) : fromSpec(removing as PerturbationSpec),
  };
}

function fromSpec(perturbation: PerturbationSpec): Perturbation {
  if (typeof perturbation === 'string') return createPerturbation(perturbation);
  const { name, ...options } = perturbation;
  return createPerturbation(name, options);
}

function known<Value>(
  caller: string,
  kind: string,
  values: Readonly<Record<string, Value>>,
  name: string,
): Value {
  if (Object.hasOwn(values, name)) return values[name]!;
  const names = Object.keys(values);
  const nearest = nearestName(name, names);
  throw new RangeError(
    `${caller}: unknown ${kind} ${describeValue(name)}, ${nearest === undefined ? '' : `did you mean "${nearest}"? `}` +
      `${nearest === undefined ? 'expected one of' : 'There are'} ${names.join(', ')}.`,
  );
}
