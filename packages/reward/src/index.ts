export { lastBoxed } from './boxed.js';
export { createReward, type RewardOptions } from './create-reward.js';
export { formatReward } from './format-reward.js';
export { type MathVerdict, mathEqual } from './math-equal.js';
export type { RewardFunction, RewardInput, RewardResult } from './reward-function.js';
