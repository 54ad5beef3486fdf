export type { LossTerm, PreparedTerm, RewardedGroup } from './loss-term.js';
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
