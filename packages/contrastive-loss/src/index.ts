export {
  type Branch,
  type ContrastiveLoss,
  type ContrastiveLossInput,
  contrastivePerceptionLoss,
} from './contrastive-perception-loss.js';
export { type Gates, gateMask } from './gate-mask.js';
export type { Head, HeadWeight } from './head.js';
export { type ContrastiveLossOptions, contrastiveLossPresets, type Distance } from './loss-options.js';
