import { type CppoOptions, cppoTerm } from '@cppo/cppo';
import {
  type AdvantageOptions,
  entropyTerm,
  klTerm,
  type LossTerm,
  learningRate,
  papoTerm,
  policyTerm,
  vppoTerm,
} from '@cppo/grpo';
import { seededRandom } from '@cppo/perturb';
import type { StepParts } from '../contract/parts.js';
import type { Encoded } from '../contract/policy.js';
import type { StepSettings } from '../contract/settings.js';
import { viewNames } from '../prompts/views.js';

/** Sees the perception tokens of a gated completion, by group and number of the completion. */
export type OnTokens = NonNullable<CppoOptions['onTokens']>;

/** What the terms of a run need of its parts. */
export interface ObjectiveParts<P extends Encoded> {
  readonly config: Pick<StepSettings, 'objective' | 'rollout' | 'seed'>;
  readonly reference: StepParts<P>['reference'];
  readonly components: Pick<StepParts<P>['components'], 'views' | 'detector' | 'distance' | 'terms'>;
}

/** The summands of the objective at one step: the policy loss, what the settings add to it, and further terms. */
export function objectiveTerms<P extends Encoded>(
  { config, reference, components }: ObjectiveParts<P>,
  step: number,
  onTokens?: OnTokens,
): LossTerm<P>[] {
  const { objective, rollout } = config;
  const { advantageScale: _, advantageBaseline: __, clipLow, clipHigh, ...policy } = objective.policy;
  const { truncated } = policy;
  const terms: LossTerm<P>[] = [];
  const policyOptions = {
    ...policy,
    // Left out, each loss takes its own: the sequence ratio of gspo would never reach a clip range of 0.2.
    ...(clipLow === undefined ? {} : { clipLow }),
    ...(clipHigh === undefined ? {} : { clipHigh }),
    maxLength: rollout.maxTokens,
  };
  terms.push(
    objective.type === 'vppo' ? vppoTerm({ ...policyOptions, ...objective.vppo }) : policyTerm(policyOptions),
  );
  if (reference !== undefined) terms.push(klTerm({ ...objective.kl, truncated, reference }));
  if (objective.entropyBonus > 0) terms.push(entropyTerm({ coefficient: objective.entropyBonus, truncated }));
  if (objective.type === 'papo') terms.push(papoTerm({ ...objective.papo, truncated }));
  if (objective.type === 'cppo') terms.push(cppoTerm(cppoOptions({ config, components }, step, onTokens)));
  return [...terms, ...components.terms];
}

function cppoOptions<P extends Encoded>(
  { config, components }: Pick<ObjectiveParts<P>, 'config' | 'components'>,
  step: number,
  onTokens: OnTokens | undefined,
): CppoOptions {
  const { coefficient, tau, gate, tokens, ratio, score, base, rounding, ties, gradients } =
    config.objective.cppo;
  const carries = (pass: (typeof gradients)[number]) => gradients.includes(pass);
  return {
    coefficient,
    tau,
    gate,
    gradients: {
      anchor: carries('anchor'),
      positive: carries('positive'),
      negative: carries('negative'),
    },
    distance: components.distance,
    detection: { ratio, score, base, rounding, ties },
    ...(components.detector === undefined ? {} : { detector: components.detector }),
    choice: tokens,
    seed: (group) => seededRandom(config.seed, step, group).bits(),
    removing: viewNames(components.views).removing,
    ...(onTokens === undefined ? {} : { onTokens }),
  };
}

/** How rewards become advantages. */
export function advantageOptions({ objective }: Pick<StepSettings, 'objective'>): AdvantageOptions {
  const { advantageBaseline: baseline, advantageScale: scale } = objective.policy;
  return { baseline, scale };
}

/** Learning rate of a step counted from 1. */
export function learningRateAt(
  { optimizer, steps }: Pick<StepSettings, 'optimizer' | 'steps'>,
  step: number,
): number {
  const { learningRate: peak, schedule, warmupSteps } = optimizer;
  return learningRate({ peak, schedule, steps, warmup: warmupSteps })(step - 1);
}
