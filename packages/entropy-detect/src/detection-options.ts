import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';

/** How the shift of entropy of two passes becomes a mask of perception tokens. */
export interface DetectionOptions {
  /**
   * `relative`: relu(ΔH) / (H⁻ + 1e-6), the authors' code. `absolute`: ΔH, the paper's text.
   * Default `relative`.
   */
  readonly score?: 'relative' | 'absolute';
  /** ρ in (0, 1]: the share of the base that is selected. Default 0.5. */
  readonly ratio?: number;
  /** What ρ is a share of: completion tokens with ΔH > 0, or all completion tokens. Default `positive`. */
  readonly base?: 'positive' | 'all';
  /** How ρ·c becomes a number of tokens. Default `floor`; at least one token either way. */
  readonly rounding?: 'floor' | 'ceil';
  /**
   * `keep`: every token that scores as much as the k-th. `exact`: k tokens, the earliest of those that tie.
   * Default `keep`.
   */
  readonly ties?: 'keep' | 'exact';
  /**
   * The control arm: as many tokens of each completion as would have been detected, drawn uniformly from all its
   * completion tokens. The same seed draws the same tokens.
   */
  readonly random?: { readonly seed: number };
}

const schema = z.strictObject({
  score: z.enum(['relative', 'absolute']).default('relative'),
  ratio: z.number().gt(0).lte(1).default(0.5),
  base: z.enum(['positive', 'all']).default('positive'),
  rounding: z.enum(['floor', 'ceil']).default('floor'),
  ties: z.enum(['keep', 'exact']).default('keep'),
  random: z.strictObject({ seed: z.int() }).optional(),
});

export type ResolvedDetectionOptions = z.output<typeof schema>;

export function resolveDetectionOptions(caller: string, options: DetectionOptions): ResolvedDetectionOptions {
  return parseOptions(caller, schema, options);
}

/** The published variants. */
export const detectionPresets = {
  /** The authors' verl recipe. */
  cppoVerl: { score: 'relative', ratio: 0.5, base: 'positive', rounding: 'floor', ties: 'keep' },
  /** The authors' AReaL engine. */
  cppoAreal: { score: 'relative', ratio: 0.5, base: 'positive', rounding: 'ceil', ties: 'exact' },
  /** As arXiv:2601.00501 describes it: the top half of all tokens by the shift itself. */
  paper: { score: 'absolute', ratio: 0.5, base: 'all', rounding: 'floor', ties: 'keep' },
} as const satisfies Record<string, DetectionOptions>;
