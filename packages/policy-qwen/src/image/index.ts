export { type PreparedImage, type PrepareImageOptions, prepareImage, resizeImage } from './prepare-image.js';
export {
  type ImageSettings,
  type PixelBounds,
  parsePreprocessorConfig,
  withPixels,
} from './preprocessor-config.js';
export { type BicubicArithmetic, type ResizeBicubicOptions, resizeBicubic } from './resize-bicubic.js';
export type { RgbImage } from './rgb-image.js';
export { type SmartResizeOptions, smartResize } from './smart-resize.js';
