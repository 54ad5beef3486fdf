export { lastBoxed } from './boxed.js';
export { combineRewards, type RewardBatchOptions, type RewardPart, rewardBatch } from './combine-rewards.js';
export { createReward, type RewardOptions, rewardDefaults } from './create-reward.js';
export { formatReward } from './format-reward.js';
export { createJudge, type JudgeOptions } from './judge.js';
export { type MathEqualOptions, mathEqual } from './math-equal.js';
export {
  type LengthPenaltyOptions,
  lengthPenalty,
  type OverlongPenaltyOptions,
  overlongPenalty,
  type RepetitionPenaltyOptions,
  repetitionPenalty,
} from './penalties.js';
export type { RewardFunction, RewardInput, RewardResult } from './reward-function.js';
export type { MathVerdict } from './verdict.js';
export { createVisionSr1Reward, type VisionSr1Options } from './vision-sr1.js';
export {
  type PartialReward,
  type RewardPartFunction,
  type WeightedReward,
  weightedRewards,
} from './weighted-rewards.js';
