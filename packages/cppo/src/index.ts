export { type CppoOptions, cppoDefaults } from './cppo-options.js';
export { cppoTerm } from './cppo-term.js';
export type { BuiltInDetector, DetectionInput, Detector, PerceivedTokens } from './detector.js';
export { type DrawnShare, type Gate, type GatedGroup, gateGroups } from './gate-groups.js';
export type { TokenDistance } from './token-distance.js';
