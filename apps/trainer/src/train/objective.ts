import { type CppoOptions, cppoTerm } from '@cppo/cppo';
import {
  entropyTerm,
  klTerm,
  type LossTerm,
  learningRate,
  papoTerm,
  policyTerm,
  type Scorer,
  vppoTerm,
} from '@cppo/grpo';
import { seededRandom } from '@cppo/perturb';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import type { Components } from '../components/index.js';
import type { Config } from '../config/schema.js';
import { viewNames } from './prompts.js';

/** What the terms of a run need besides its configuration. */
export interface ObjectiveParts {
  readonly config: Config;
  /** The policy as it was at the start; nothing when β = 0. */
  readonly reference: Scorer<EncodedPrompt> | undefined;
  readonly components: Pick<Components, 'views' | 'detector' | 'distance' | 'terms'>;
}

/** The summands of the configured objective at one step. */
export function objectiveTerms(
  { config, reference, components }: ObjectiveParts,
  step: number,
  onTokens: CppoOptions['onTokens'],
): LossTerm<EncodedPrompt>[] {
  const { objective, rollout } = config;
  const { advantageScale: _, advantageBaseline: __, clipLow, clipHigh, ...policy } = objective.policy;
  const { truncated } = policy;
  const terms: LossTerm<EncodedPrompt>[] = [];
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

function cppoOptions(
  { config, components }: Pick<ObjectiveParts, 'config' | 'components'>,
  step: number,
  onTokens: CppoOptions['onTokens'],
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

/** Learning rate of a step counted from 1. */
export function learningRateAt({ optimizer, steps }: Config, step: number): number {
  const { learningRate: peak, schedule, warmupSteps } = optimizer;
  return learningRate({ peak, schedule, steps, warmup: warmupSteps })(step - 1);
}
