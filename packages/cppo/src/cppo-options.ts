import { parseOptions } from '@cppo/checked-options';
import type { Distance } from '@cppo/contrastive-loss';
import { type DetectionOptions, detectPerceptionTokensInArrays } from '@cppo/entropy-detect';
import { z } from 'zod';
import type { Detector, PerceivedTokens } from './detector.js';
import type { Gate } from './gate-groups.js';
import type { TokenDistance } from './token-distance.js';

/** Options of `cppoTerm`. The defaults are the authors' verl recipe. */
export interface CppoOptions {
  /** λ, weight of the term. Default 0.002. */
  readonly coefficient?: number;
  /** τ of the InfoNCE. Default 0.1. */
  readonly tau?: number;
  /** D, a distance of `@cppo/contrastive-loss` or a function. Default `k3`. */
  readonly distance?: Distance | TokenDistance;
  /** How entropies become perception tokens; the defaults are those of `@cppo/entropy-detect`. */
  readonly detection?: DetectionOptions;
  /** Finds the perception tokens instead; `detection` is ignored in that case. */
  readonly detector?: Detector;
  /** The detected tokens, or a control arm: all tokens, or as many random ones. Default `detected`. */
  readonly choice?: 'detected' | 'all' | 'random';
  /** Seed, a whole number, of what is drawn for a group, by the group's id. Default 0 for every group. */
  readonly seed?: (group: string) => number;
  /** Which completions carry the loss. Default `advantage`. */
  readonly gate?: Gate;
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
} as const satisfies CppoOptions;

const isFunction = (value: unknown) => typeof value === 'function';
const carries = z.boolean().default(true);

const schema = z.strictObject({
  coefficient: z.number().nonnegative().default(cppoDefaults.coefficient),
  tau: z.number().gt(0).default(cppoDefaults.tau),
  distance: z
    .union([z.enum(['kl', 'k3', 'k1', 'js']), z.custom<TokenDistance>(isFunction)], {
      error: 'expected kl, k3, k1, js or a function',
    })
    .default(cppoDefaults.distance),
  detection: z.custom<DetectionOptions>((value) => typeof value === 'object' && value !== null).default({}),
  detector: z.custom<Detector>(isFunction, 'expected a function').optional(),
  choice: z.enum(['detected', 'all', 'random']).default(cppoDefaults.choice),
  seed: z.custom<(group: string) => number>(isFunction, 'expected a function').default(() => () => 0),
  gate: z.enum(['advantage', 'accuracy', 'none']).default(cppoDefaults.gate),
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
  return resolved;
}
