export { alone, type Cluster, together } from './cluster/cluster.js';
export { clusterOver, type Wire } from './cluster/cluster-over.js';
export { connectInProcess } from './cluster/connect-in-process.js';
export { ownGroups } from './cluster/own-groups.js';
export type { LossTerm, PreparedTerm, RewardedGroup, StepContext } from './loss-term.js';
export { type Aggregation, aggregate, type BatchCounts } from './objective/aggregate.js';
export { type ExactKlInput, exactKl } from './objective/exact-kl.js';
export { asHead, type Head, type HeadWeight } from './objective/head.js';
export {
  type ImportanceWeightOptions,
  importanceWeightDefaults,
  importanceWeights,
} from './objective/importance-weights.js';
export { type KlKind, klPenalty } from './objective/kl-penalty.js';
export { type PolicyLoss, type PolicyLossInput, policyLoss } from './objective/policy-loss.js';
export {
  type LossType,
  lossTypes,
  type PolicyLossOptions,
  policyLossDefaults,
} from './objective/policy-loss-options.js';
export {
  AdamW,
  type AdamWMoments,
  type AdamWOptions,
  type AdamWState,
  adamWDefaults,
} from './optimizer/adamw.js';
export { type ClippedGradients, clipByGlobalNorm } from './optimizer/clip-by-global-norm.js';
export { type LearningRateOptions, learningRate } from './optimizer/learning-rate.js';
export type {
  Completion,
  GenerateOptions,
  Group,
  Policy,
  ScoreOptions,
  ScoreRequest,
  Scorer,
  TokenScores,
} from './policy.js';
export type { RewardFunction, RewardInput, RewardResult } from './reward-function.js';
export { type AdvantageOptions, advantagePresets, groupAdvantages } from './rewards/advantages.js';
export {
  type DynamicSamplingOptions,
  drawInformative,
  splitInformative,
} from './rewards/dynamic-sampling.js';
export { type GatherGroupsOptions, gatherGroups } from './rewards/gather-groups.js';
export { inTime } from './rewards/in-time.js';
export {
  type OverlongOptions,
  overlongPenalty,
  type WeightedOverlongOptions,
  withOverlongPenalty,
} from './rewards/overlong-penalty.js';
export { type RewardedSample, type RewardGroupsOptions, rewardGroups } from './rewards/reward-groups.js';
export {
  type NoiseStrengthOptions,
  type NoisyRolloutOptions,
  noiseStrength,
  noisyRollout,
} from './rollout/noisy-rollout.js';
export { rescore } from './rollout/rescore.js';
export { type RolloutOptions, type RolloutPrompt, rollout } from './rollout/rollout.js';
export { type RolloutTrainingOptions, trainOnRollouts } from './step/train-on-rollouts.js';
export {
  type Optimizer,
  type StepReport,
  type TrainingStepOptions,
  trainingStep,
} from './step/training-step.js';
export { type EntropyTermOptions, entropyTerm } from './terms/entropy-term.js';
export { requestsOf, type Truncated } from './terms/group-rows.js';
export { type KlTermOptions, klTerm } from './terms/kl-term.js';
export { type PapoTermOptions, papoDefaults, papoTerm } from './terms/papo-term.js';
export { type PolicyTermOptions, policyTerm } from './terms/policy-term.js';
export { type CompletionScores, type ScoreBatchOptions, scoreBatch } from './terms/score-batch.js';
export { type VppoTermOptions, vppoDefaults, vppoTerm } from './terms/vppo-term.js';
export { scorerWithoutGradient, withoutGradient } from './without-gradient.js';
