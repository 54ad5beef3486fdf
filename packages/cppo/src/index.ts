export type { CppoOptions } from './cppo-options.js';
export { cppoTerm } from './cppo-term.js';
export type { TokenDistance } from './custom-distance.js';
export type { DetectionInput, Detector, PerceivedTokens } from './find-tokens.js';
export { type Gate, type GatedGroup, gateGroups } from './gate-groups.js';
