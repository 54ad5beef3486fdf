export { type PreparedImage, type PrepareImageOptions, prepareImage } from './prepare-image.js';
export { type ImageSettings, parsePreprocessorConfig } from './preprocessor-config.js';
export { type BicubicArithmetic, type ResizeBicubicOptions, resizeBicubic } from './resize-bicubic.js';
export type { RgbImage } from './rgb-image.js';
export { type SmartResizeOptions, smartResize } from './smart-resize.js';
