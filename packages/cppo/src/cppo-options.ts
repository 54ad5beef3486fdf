import { parseOptions } from '@cppo/checked-options';
import type { Distance } from '@cppo/contrastive-loss';
import { type DetectionOptions, detectPerceptionTokensInArrays } from '@cppo/entropy-detect';
import { z } from 'zod';
import type { BuiltInDetector, Detector, PerceivedTokens } from './detector.js';
import type { Gate } from './gate-groups.js';
import type { TokenDistance } from './token-distance.js';

/** Options of `cppoTerm`. The defaults are the authors' verl recipe. */
export interface CppoOptions {
  /**
   * λ, weight of the term; or `{ share }`: the step chooses λ so that the norm of this term's gradient is that share of the
   * norm of all other terms' together. Default 0.002.
   */
  readonly coefficient?: number | { readonly share: number };
  /** τ of the InfoNCE. Default 0.1. */
  readonly tau?: number;
  /** D, a distance of `@cppo/contrastive-loss` or a function. Default `k3`. */
  readonly distance?: Distance | TokenDistance;
  /**
   * How what a detector ranks by becomes perception tokens. The defaults are those of `@cppo/entropy-detect`; `score` is of
   * the detector `entropy` alone.
   */
  readonly detection?: DetectionOptions;
  /** Built in, or a function, for which `detection` is ignored. Default `entropy`. */
  readonly detector?: BuiltInDetector | Detector;
  /**
   * The detected tokens; or a control arm: all tokens, as many random ones, or those `known` to come from the picture,
   * which groups then have to say (`knownTokens`). Default `detected`.
   */
  readonly choice?: 'detected' | 'all' | 'random' | 'known';
  /** Seed, a whole number, of what is drawn for a group, by the group's id. Default 0 for every group. */
  readonly seed?: (group: string) => number;
  /** Which completions carry the loss. Default `advantage`. */
  readonly gate?: Gate;
  /**
   * Chance in (0, 1] with which a group behind the gate carries the loss, drawn by its seed; the others need no views. Both
   * sums of the loss are then those of the drawn groups: each grows by the same factor in expectation, and the quotient
   * stays but for a bias that falls as one over their number. Default 1, all.
   */
  readonly share?: number;
  /** Which passes carry gradient; the others run without a tape. Default all, as in the authors' code. */
  readonly gradients?: {
    readonly anchor?: boolean;
    readonly positive?: boolean;
    readonly negative?: boolean;
  };
  /** Name of the information-preserving view. Default `preserving`. */
  readonly preserving?: string;
  /** Names of the information-removing views: each is a negative, the first gives H⁻. Default `['removing']`. */
  readonly removing?: readonly string[];
  /** Called for each gated completion when the step's figures are read: for a rollout log. */
  readonly onTokens?: (group: string, completion: number, tokens: PerceivedTokens) => void;
}

/** The authors' verl recipe. */
export const cppoDefaults = {
  coefficient: 0.002,
  tau: 0.1,
  distance: 'k3',
  choice: 'detected',
  gate: 'advantage',
  detector: 'entropy',
  share: 1,
} as const satisfies CppoOptions;

const isFunction = (value: unknown) => typeof value === 'function';
const carries = z.boolean().default(true);

const schema = z.strictObject({
  coefficient: z
    .union([z.number().nonnegative(), z.strictObject({ share: z.number().gt(0) })], {
      error: 'expected a number, 0 or more, or { share: a number above 0 }',
    })
    .default(cppoDefaults.coefficient),
  tau: z.number().gt(0).default(cppoDefaults.tau),
  distance: z
    .union([z.enum(['kl', 'k3', 'k1', 'js']), z.custom<TokenDistance>(isFunction)], {
      error: 'expected kl, k3, k1, js or a function',
    })
    .default(cppoDefaults.distance),
  detection: z.custom<DetectionOptions>((value) => typeof value === 'object' && value !== null).default({}),
  detector: z
    .union([z.enum(['entropy', 'shift']), z.custom<Detector>(isFunction)], {
      error: 'expected entropy, shift or a function',
    })
    .default(cppoDefaults.detector),
  choice: z.enum(['detected', 'all', 'random', 'known']).default(cppoDefaults.choice),
  seed: z.custom<(group: string) => number>(isFunction, 'expected a function').default(() => () => 0),
  gate: z.enum(['advantage', 'accuracy', 'none']).default(cppoDefaults.gate),
  share: z.number().gt(0).lte(1).default(cppoDefaults.share),
  gradients: z.strictObject({ anchor: carries, positive: carries, negative: carries }).prefault({}),
  preserving: z.string().default('preserving'),
  removing: z.array(z.string()).min(1).default(['removing']),
  onTokens: z.custom<NonNullable<CppoOptions['onTokens']>>(isFunction, 'expected a function').optional(),
});

/** The options with all defaults in. */
export type ResolvedCppoOptions = z.output<typeof schema>;

/** Fills in the defaults and refuses what is unknown or out of range. */
export function resolveCppoOptions(options: CppoOptions): ResolvedCppoOptions {
  const resolved = parseOptions('cppoTerm', schema, options);
  // Detection has options of its own: checked now, rather than at the first step.
  detectPerceptionTokensInArrays({ entropy: [], removedEntropy: [] }, resolved.detection);
  if (resolved.detector === 'shift' && resolved.detection.score !== undefined) {
    throw new RangeError(
      `cppoTerm: detection.score is ${resolved.detection.score} and detector is shift, which has one score; expected none.`,
    );
  }
  if (resolved.share < 1 && options.seed === undefined) {
    throw new RangeError(
      `cppoTerm: share is ${resolved.share} and seed is left out; expected a seed for each group, which decides whether it is drawn.`,
    );
  }
  return resolved;
}
