import { type CppoOptions, cppoDefaults, cppoTerm, gateGroups } from '@cppo/cppo';
import {
  type AdvantageOptions,
  entropyTerm,
  klTerm,
  type LossTerm,
  learningRate,
  papoTerm,
  policyTerm,
  type RewardedGroup,
  vppoTerm,
} from '@cppo/grpo';
import { seededRandom } from '@cppo/perturb';
import type { StepParts } from '../contract/parts.js';
import type { Encoded } from '../contract/policy.js';
import type { CppoSettings, StepSettings } from '../contract/settings.js';
import { viewNames } from '../prompts/views.js';
import { given } from './given.js';

/** Sees the perception tokens of a gated completion, by group and number of the completion. */
export type OnTokens = NonNullable<CppoOptions['onTokens']>;

/** What the terms of a run need of its parts. */
export interface ObjectiveParts<P extends Encoded> {
  readonly config: Pick<StepSettings, 'objective' | 'rollout' | 'seed'>;
  readonly reference: StepParts<P>['reference'];
  readonly components: Pick<StepParts<P>['components'], 'views' | 'detector' | 'distance' | 'terms'>;
}

/**
 * Builds the summands of the objective at one step: the policy loss, what the settings add to it, and further
 * terms.
 *
 * @param parts settings, reference and components.
 * @param step from 1.
 * @param onTokens called with the perception tokens of each group.
 * @returns the terms, for `trainingStep`.
 */
export function objectiveTerms<P extends Encoded>(
  { config, reference, components }: ObjectiveParts<P>,
  step: number,
  onTokens?: OnTokens,
): LossTerm<P>[] {
  const { objective, rollout } = config;
  const { advantageScale: _, advantageBaseline: __, importance, ...policy } = objective.policy ?? {};
  // Left out, each loss takes its own clip range: the sequence ratio of gspo would never reach one of 0.2.
  const policyOptions = {
    ...given(policy),
    ...(importance && { importance }),
    maxLength: rollout.maxTokens,
  };
  const truncated = given({ truncated: policy.truncated });
  const { type, entropyBonus = 0 } = objective;
  const terms: LossTerm<P>[] = [
    type === 'vppo' ? vppoTerm({ ...policyOptions, ...objective.vppo }) : policyTerm(policyOptions),
  ];
  if (reference !== undefined)
    terms.push(klTerm({ coefficient: 0, ...objective.kl, ...truncated, reference }));
  if (entropyBonus > 0) terms.push(entropyTerm({ coefficient: entropyBonus, ...truncated }));
  if (type === 'papo') terms.push(papoTerm({ ...objective.papo, ...truncated }));
  if (type === 'cppo') terms.push(cppoTerm(perceptionOptions({ config, components }, step, onTokens)));
  return [...terms, ...components.terms];
}

/**
 * Options of the perception loss at one step, as the settings have it.
 *
 * @param parts settings and components.
 * @param step from 1.
 * @param onTokens called with the perception tokens of each group.
 * @returns options for `cppoTerm`.
 */
export function perceptionOptions<P extends Encoded>(
  { config, components }: Pick<ObjectiveParts<P>, 'config' | 'components'>,
  step: number,
  onTokens?: OnTokens,
): CppoOptions {
  const { coefficient, tau, gate, share, tokens, gradients, ...detection } = config.objective.cppo ?? {};
  const carries = (pass: 'anchor' | 'positive' | 'negative') => gradients?.includes(pass);
  return {
    ...given({ coefficient, tau, gate, share, choice: tokens, onTokens }),
    detector: components.detector,
    gradients: given({
      anchor: carries('anchor'),
      positive: carries('positive'),
      negative: carries('negative'),
    }),
    distance: components.distance,
    detection: detectionOptions(detection),
    seed: seedOf(config, step),
    removing: viewNames(components.views).removing,
  };
}

/** Seed of what the perception loss draws for a group: random tokens, and whether it carries the loss. */
function seedOf({ seed }: Pick<StepSettings, 'seed'>, step: number): (group: string) => number {
  return (group) => seededRandom(seed, step, group).bits();
}

/**
 * Tells whether a group will carry the perception loss of a step: it alone needs views then.
 *
 * @param config settings of the run.
 * @param step from 1.
 * @param group rewarded.
 * @returns whether a completion passes the gate, and the group is drawn.
 */
export function carriesPerceptionLoss<P>(
  config: Pick<StepSettings, 'objective' | 'seed'>,
  step: number,
  group: RewardedGroup<P>,
): boolean {
  const { gate = cppoDefaults.gate, share = cppoDefaults.share } = config.objective.cppo ?? {};
  return gateGroups([group], gate, { share, seed: seedOf(config, step) }).length > 0;
}

/** Settings may hold more keys than the detector has. */
function detectionOptions({
  ratio,
  score,
  base,
  rounding,
  ties,
}: CppoSettings): NonNullable<CppoOptions['detection']> {
  return given({ ratio, score, base, rounding, ties });
}

/** How rewards become advantages. */
export function advantageOptions({ objective }: Pick<StepSettings, 'objective'>): AdvantageOptions {
  const { advantageBaseline: baseline, advantageScale: scale } = objective.policy ?? {};
  return given({ baseline, scale });
}

/**
 * Returns the learning rate of a step.
 *
 * @param settings optimiser and number of steps.
 * @param step from 1.
 * @returns the rate.
 */
export function learningRateAt(
  { optimizer, steps }: Pick<StepSettings, 'optimizer' | 'steps'>,
  step: number,
): number {
  const { learningRate: peak, schedule, warmupSteps } = optimizer;
  return learningRate({ peak, steps, ...given({ schedule, warmup: warmupSteps }) })(step - 1);
}
