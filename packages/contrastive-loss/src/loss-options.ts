import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';

/** How far a view's token distribution lies from the anchor's. */
export type Distance = 'kl' | 'k3' | 'k1' | 'js';

export interface ContrastiveLossOptions {
  /**
   * `kl`: Σ_v p_a·(log p_a − log p_b) over the whole vocabulary. `js`: Jensen–Shannon, over the whole vocabulary.
   * `k3`: clamp(e^δ − δ − 1, −10, 10), δ = clamp(ℓ_b − ℓ_a, −20, 20), of the sampled token.
   * `k1`: clamp(ℓ_a − ℓ_b, −10, 10), of the sampled token. Default `k3`.
   */
  readonly distance?: Distance;
  /** τ: distances are divided by it. Default 0.1. */
  readonly tau?: number;
  /** `kl` and `js`: logits are divided by it first. Default 1. */
  readonly temperature?: number;
  /** Which branches carry gradient; `headWeight` concerns `kl` and `js`. Default all. */
  readonly gradients?: {
    readonly anchor?: boolean;
    readonly positive?: boolean;
    readonly negative?: boolean;
    readonly headWeight?: boolean;
  };
  /**
   * Σ M over the whole optimiser batch, so that the losses of its micro-batches add up. Default the sum of
   * the mask given.
   */
  readonly normalizer?: number;
  /** `kl` and `js`: tokens whose logits exist at one time. Default 64. */
  readonly chunk?: number;
}

const carries = z.boolean().default(true);
const schema = z.strictObject({
  distance: z.enum(['kl', 'k3', 'k1', 'js']).default('k3'),
  tau: z.number().gt(0).default(0.1),
  temperature: z.number().gt(0).default(1),
  gradients: z
    .strictObject({ anchor: carries, positive: carries, negative: carries, headWeight: carries })
    .prefault({}),
  normalizer: z.number().nonnegative().optional(),
  chunk: z.int().gt(0).default(64),
});

export type ResolvedLossOptions = z.output<typeof schema>;

export function resolveLossOptions(options: ContrastiveLossOptions): ResolvedLossOptions {
  return parseOptions('contrastivePerceptionLoss', schema, options);
}

/** The published variants. */
export const contrastiveLossPresets = {
  /** The authors' verl recipe. */
  cppoVerl: { distance: 'k3', tau: 0.1 },
  /** The authors' AReaL engine. */
  cppoAreal: { distance: 'k1', tau: 0.1 },
  /** As arXiv:2601.00501 describes it: between token distributions. */
  paper: { distance: 'kl', tau: 0.1 },
} as const satisfies Record<string, ContrastiveLossOptions>;
