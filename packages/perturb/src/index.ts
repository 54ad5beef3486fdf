export { type AffineOptions, affine } from './affine.js';
export { type BlackSquaresOptions, blackSquares } from './black-squares.js';
export { type DecodeOptions, decodeAndCompare, decodeImage, encodeJpeg, encodePng } from './codec.js';
export { type ColorJitterOptions, type ColorStep, colorJitter } from './color-jitter.js';
export { combinationOptions } from './combination-options.js';
export { compose, identity, oneOf, sometimes } from './combine.js';
export { type ContactSheetOptions, type ContactSheetSection, contactSheet } from './contact-sheet.js';
export { type GaussianBlurOptions, gaussianBlur } from './gaussian-blur.js';
export type { RgbImage } from './image.js';
export { invert } from './invert.js';
export { type OccludeOptions, occlude } from './occlude.js';
export type { Range } from './options.js';
export { type PatchMaskOptions, patchMask } from './patch-mask.js';
export { type Corners, type PerspectiveOptions, type Point, perspective } from './perspective.js';
export type { Perturbation } from './perturbation.js';
export { type PosterizeOptions, posterize } from './posterize.js';
export { cppoAreal, cppoVerl, papo, vppo } from './presets.js';
export { type Random, seededRandom } from './random.js';
export {
  createPerturbation,
  createPreset,
  type PerturbationSpec,
  perturbationNames,
  presetNames,
  type ViewPresetSpec,
} from './registry.js';
export { type RotateOptions, rotate } from './rotate.js';
export { shrink } from './shrink.js';
export { type SolarizeOptions, solarize } from './solarize.js';
export { verticalFlip } from './vertical-flip.js';
export { makeViews, type ViewPreset, type Views } from './views.js';
export { type Window, type ZoomCropOptions, zoomCrop } from './zoom-crop.js';
