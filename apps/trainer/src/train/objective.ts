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
import { createPreset, seededRandom, type ViewPreset, type ViewPresetSpec } from '@cppo/perturb';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import type { Config } from '../config/schema.js';
import { type CppoOptions, cppoTerm } from '../cppo/term.js';
import { UserError } from '../user-error.js';
import { viewNames } from './prompts.js';

/** How the objective's views are made. */
export function viewPreset({ views, objective }: Config): ViewPreset {
  const published = objective.type === 'papo' || objective.type === 'vppo' ? objective.type : 'cppoVerl';
  try {
    return createPreset(views === 'auto' ? published : (views as ViewPresetSpec));
  } catch (error) {
    throw new UserError(`views: ${(error as Error).message}`);
  }
}

/** The summands of the configured objective at one step. */
export function objectiveTerms(
  config: Config,
  step: number,
  reference: Scorer<EncodedPrompt> | undefined,
  onTokens: CppoOptions['onTokens'],
): LossTerm<EncodedPrompt>[] {
  const { objective, rollout } = config;
  const { advantageScale: _, clipLow, clipHigh, ...policy } = objective.policy;
  const terms: LossTerm<EncodedPrompt>[] = [];
  const policyOptions = {
    ...policy,
    // Left out, each loss takes its own: the sequence ratio of gspo would never reach a clip range of 0.2.
    ...(clipLow === undefined ? {} : { clipLow }),
    ...(clipHigh === undefined ? {} : { clipHigh }),
    maxLength: rollout.maxTokens,
  };
  terms.push(objective.type === 'vppo' ? vppoTerm(policyOptions) : policyTerm(policyOptions));
  if (reference !== undefined) terms.push(klTerm({ ...objective.kl, reference }));
  if (objective.entropyBonus > 0) terms.push(entropyTerm({ coefficient: objective.entropyBonus }));
  if (objective.type === 'papo') terms.push(papoTerm(objective.papo));
  if (objective.type === 'cppo') terms.push(cppoTerm(cppoOptions(config, step, onTokens)));
  return terms;
}

function cppoOptions(config: Config, step: number, onTokens: CppoOptions['onTokens']): CppoOptions {
  const { score, base, ratio, tokens, ...loss } = config.objective.cppo;
  return {
    ...loss,
    detection: { score, base, ratio },
    choice: tokens,
    seed: (group) => seededRandom(config.seed, step, group).bits(),
    removing: viewNames(viewPreset(config)).removing,
    ...(onTokens === undefined ? {} : { onTokens }),
  };
}

/** Learning rate of a step counted from 1. */
export function learningRateAt({ optimizer, steps }: Config, step: number): number {
  const { learningRate: peak, schedule, warmupSteps } = optimizer;
  return learningRate({ peak, schedule, steps, warmup: warmupSteps })(step - 1);
}
