import { type Names, parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import type { Aggregation } from './aggregate.js';

/** The published objectives by the names that TRL and others give them; see `lossTypes` for what each sets. */
export type LossType = keyof typeof lossTypes;

export interface PolicyLossOptions {
  /** Default `dapo`: clipped ratio, mean over the tokens of the batch. */
  readonly loss?: LossType;
  /** Overrides what the loss type sets: a ratio per token, or one per completion, exp(mean log-ratio). */
  readonly ratio?: 'token' | 'sequence';
  /** Overrides what the loss type sets. */
  readonly aggregation?: Aggregation;
  /** ε below 1. Default 0.2; for gspo and luspo 3e-4. */
  readonly clipLow?: number;
  /** ε above 1; larger than clipLow it is clip-higher. Default 0.2; for gspo and luspo 4e-4. */
  readonly clipHigh?: number;
  /** c > 1: the loss of a token with A < 0 is at most −c·A. `null` leaves it out. Default 3 (verl). TRL's `delta`. */
  readonly dualClip?: number | null;
  /** cispo: the largest weight of a token (TRL's `epsilon_high` of cispo). Default 5. */
  readonly ratioCap?: number;
  /** sapo: sharpness of the soft gate for A > 0 and for the others. Default 1 and 1.05. */
  readonly sapo?: { readonly positive?: number; readonly negative?: number };
  /** vespo: shape k and rate λ of the gamma weighting for A ≥ 0 and A < 0. Default 2, 3 and 3, 2. */
  readonly vespo?: {
    readonly kPositive?: number;
    readonly lambdaPositive?: number;
    readonly kNegative?: number;
    readonly lambdaNegative?: number;
  };
}

/** What each loss type means: its objective per token, the level of its ratio, its aggregation. */
export const lossTypes = {
  /** DeepSeekMath, arXiv:2402.03300: every completion weighs the same. */
  grpo: { objective: 'clip', ratio: 'token', aggregation: 'sequence-mean' },
  /** DAPO, arXiv:2503.14476: every token of the batch weighs the same. Its paper takes clipHigh 0.28. */
  dapo: { objective: 'clip', ratio: 'token', aggregation: 'token-mean' },
  /** Over a whole optimiser batch the same as dapo (TRL divides by the tokens of the micro-batch). */
  bnpo: { objective: 'clip', ratio: 'token', aggregation: 'token-mean' },
  /** Dr. GRPO, arXiv:2503.20783; its advantages have scale `none`. */
  dr_grpo: { objective: 'clip', ratio: 'token', aggregation: 'fixed-length' },
  /** GSPO, arXiv:2507.18071. */
  gspo: { objective: 'clip', ratio: 'sequence', aggregation: 'sequence-mean' },
  /** LUSPO, arXiv:2602.05261: GSPO without its length bias. */
  luspo: { objective: 'clip', ratio: 'sequence', aggregation: 'sequence-sum' },
  /** CISPO (MiniMax-M1, arXiv:2506.13585): the weight is clipped, not the gradient. */
  cispo: { objective: 'cispo', ratio: 'token', aggregation: 'token-mean' },
  /** SAPO, arXiv:2511.20347: a sigmoid instead of the clip. */
  sapo: { objective: 'sapo', ratio: 'token', aggregation: 'sequence-mean' },
  /** VESPO, arXiv:2602.10693: a gamma weighting of the whole completion's ratio. */
  vespo: { objective: 'vespo', ratio: 'token', aggregation: 'token-mean' },
} as const satisfies Record<
  string,
  { objective: 'clip' | 'cispo' | 'sapo' | 'vespo'; ratio: 'token' | 'sequence'; aggregation: Aggregation }
>;

/** Defaults of the policy loss. */
export const policyLossDefaults = { loss: 'dapo', dualClip: 3 } as const satisfies PolicyLossOptions;

const positive = z.number().positive();
const schema = z.strictObject({
  loss: z.enum(Object.keys(lossTypes) as [LossType, ...LossType[]]).default(policyLossDefaults.loss),
  ratio: z.enum(['token', 'sequence']).optional(),
  aggregation: z.enum(['token-mean', 'sequence-mean', 'sequence-sum', 'fixed-length']).optional(),
  clipLow: z.number().min(0).max(1).optional(),
  clipHigh: z.number().min(0).optional(),
  dualClip: z.number().gt(1).nullable().default(policyLossDefaults.dualClip),
  ratioCap: positive.default(5),
  sapo: z.strictObject({ positive: positive.default(1), negative: positive.default(1.05) }).prefault({}),
  vespo: z
    .strictObject({
      kPositive: positive.default(2),
      lambdaPositive: positive.default(3),
      kNegative: positive.default(3),
      lambdaNegative: positive.default(2),
    })
    .prefault({}),
});

/** The options of `policyLoss`. */
export const policyLossNames = Object.fromEntries(
  Object.keys(schema.shape).map((name) => [name, true]),
) as Names<PolicyLossOptions>;

export function resolvePolicyLossOptions(caller: string, options: PolicyLossOptions) {
  const data = parseOptions(caller, schema, options);
  const type = lossTypes[data.loss];
  const ratio = data.ratio ?? type.ratio;
  return {
    ...data,
    objective: type.objective,
    ratio,
    aggregation: data.aggregation ?? type.aggregation,
    clipLow: data.clipLow ?? (type.ratio === 'sequence' ? 3e-4 : 0.2),
    clipHigh: data.clipHigh ?? (type.ratio === 'sequence' ? 4e-4 : 0.2),
  };
}

export type ResolvedPolicyLossOptions = ReturnType<typeof resolvePolicyLossOptions>;
