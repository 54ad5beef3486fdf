export { type CppoOptions, cppoDefaults } from './cppo-options.js';
export { cppoTerm } from './cppo-term.js';
export type { DetectionInput, Detector, PerceivedTokens } from './detector.js';
export { type Gate, type GatedGroup, gateGroups } from './gate-groups.js';
export type { TokenDistance } from './token-distance.js';
