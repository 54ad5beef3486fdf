export {
  type ArrayDetection,
  type Detection,
  type DetectionArrays,
  type DetectionCounts,
  type DetectionTensors,
  detectPerceptionTokens,
  detectPerceptionTokensInArrays,
} from './detect-perception-tokens.js';
export { type DetectionOptions, detectionPresets } from './detection-options.js';
export { type HiddenEntropyInput, hiddenEntropy } from './hidden-entropy.js';
export { type TokenEntropyOptions, tokenEntropy } from './token-entropy.js';
