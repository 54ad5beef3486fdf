import { type Names, requireNames, requireOneOf } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';
import { alone } from '../cluster/cluster.js';
import type { LossTerm, RewardedGroup, StepContext } from '../loss-term.js';
import {
  type ImportanceWeightOptions,
  importanceWeights,
  resolveImportanceWeightOptions,
} from '../objective/importance-weights.js';
import { policyLoss } from '../objective/policy-loss.js';
import {
  type PolicyLossOptions,
  policyLossNames,
  resolvePolicyLossOptions,
} from '../objective/policy-loss-options.js';
import type { Completion, Policy } from '../policy.js';
import {
  advantagesOf,
  countBatch,
  padRows,
  sampledLogProbs,
  type Truncated,
  trainedTokens,
  truncations,
} from './group-rows.js';
import { Tally } from './tally.js';

export interface PolicyTermOptions extends PolicyLossOptions {
  /** Default `policy`. */
  readonly name?: string;
  /** `mask` trains on no token of a completion that was cut off. Default `keep`. */
  readonly truncated?: Truncated;
  /** The length limit of sampling; dr_grpo divides by it. Default: the longest completion of the batch. */
  readonly maxLength?: number;
  /**
   * Corrects for a sampler whose log-probabilities differ from the trainer's, in completions that carry
   * `sampledLogProbs`; see `importanceWeights`. Left out: no correction.
   */
  readonly importance?: ImportanceWeightOptions;
}

/** The options of `policyTerm`. */
export const policyTermNames: Names<PolicyTermOptions> = {
  ...policyLossNames,
  name: true,
  truncated: true,
  maxLength: true,
  importance: true,
};

/** Weights of a variant of the policy loss, computed for a batch before its first gradient. */
export interface Emphasis<P> {
  /** Factor of each token's loss, per completion of a group. */
  readonly tokenWeights: ReadonlyMap<RewardedGroup<P>, readonly ArrayLike<number>[]>;
  /** Advantages in place of the group's own. */
  readonly advantages: ReadonlyMap<RewardedGroup<P>, Float32Array>;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Makes the policy loss (`policyLoss`) a summand of the objective, normalised over the optimiser batch.
 *
 * ℓ_old is what the completions recorded at sampling. Groups whose advantages are all 0 need no pass through
 * the model.
 *
 * Figures: shares of clipped tokens, mean and extremes of the ratio.
 *
 * @param options those of `policyLoss`, and what to do with truncated completions.
 * @returns a term for the `terms` of `trainingStep`.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * const completions = [{ tokens: [4], logProbs: [-0.5], truncated: false }];
 * const batch = [{ id: 'a', completions, advantages: [2] }];
 * const term = await policyTerm().prepare(batch);
 * term.loss(batch, { logProbs: tf.tensor2d([[-0.5]]), mask: tf.ones([1, 1]) }); // -2
 */
export function policyTerm<P>(options: PolicyTermOptions = {}): LossTerm<P> {
  requireNames('policyTerm', options, policyTermNames);
  return emphasizedPolicyTerm('policyTerm', options);
}

/** `policyTerm` with weights and advantages computed for each batch. */
export function emphasizedPolicyTerm<P>(
  caller: string,
  options: PolicyTermOptions,
  emphasize?: (
    batch: readonly RewardedGroup<P>[],
    policy: Policy<P>,
    context: Partial<StepContext>,
  ) => Promise<Emphasis<P>>,
): LossTerm<P> {
  const { name = 'policy', truncated = 'keep', maxLength, importance, ...lossOptions } = options;
  resolvePolicyLossOptions(caller, lossOptions);
  requireOneOf(caller, 'truncated', truncated, truncations);
  if (importance) resolveImportanceWeightOptions(caller, importance);
  const [seen, ratioMean] = [`${name}/seen`, `${name}/ratioMean`];
  return {
    name,
    async prepare(batch, policy, context = { temperature: 1, microBatch: batch.length }) {
      const counts = countBatch(batch, truncated, maxLength);
      const emphasis = await emphasize?.(batch, policy, context);
      const tally = new Tally();
      const weigh = (groups: readonly RewardedGroup<P>[]) =>
        emphasis === undefined
          ? groups
          : groups.map((group) => ({
              ...group,
              advantages: emphasis.advantages.get(group) ?? group.advantages,
            }));
      return {
        needs: (group) => group.advantages.some((advantage) => advantage !== 0),
        loss(groups, { logProbs, mask }) {
          const width = logProbs.shape[1];
          const trained = trainedTokens(groups, mask, truncated);
          const oldLogProbs = sampledLogProbs(groups, width);
          const { loss, metrics } = policyLoss(
            {
              logProbs,
              oldLogProbs,
              advantages: advantagesOf(weigh(groups)),
              mask: trained,
              counts,
              ...(importance &&
                sampledElsewhere(groups) && {
                  importanceWeights: importanceWeights(
                    oldLogProbs,
                    padRows(completionsOf(groups).map(samplerLogProbs), width),
                    trained,
                    importance,
                  ),
                }),
              ...(emphasis && {
                tokenWeights: padRows(
                  groups.flatMap((group) => emphasis.tokenWeights.get(group) ?? []),
                  width,
                ),
              }),
            },
            lossOptions,
          );
          const { ratioMin, ratioMax, ...shares } = metrics;
          tally.add(prefixed(name, shares));
          tally.add({ [seen]: tf.sum(trained) });
          tally.add({ [`${name}/ratioMin`]: ratioMin }, 'min');
          tally.add({ [`${name}/ratioMax`]: ratioMax }, 'max');
          return loss;
        },
        async metrics() {
          const {
            [seen]: tokens = 0,
            [ratioMean]: sum = 0,
            ...figures
          } = await tally.pool(context.cluster ?? alone);
          // Groups that need no pass have no ratio: the mean is over the tokens that have one.
          const mean = tokens > 0 ? { [ratioMean]: (sum * counts.tokens) / tokens } : {};
          return { ...figures, ...mean, ...emphasis?.metrics };
        },
        dispose: () => tally.dispose(),
      };
    },
  };
}

function completionsOf<P>(groups: readonly RewardedGroup<P>[]): Completion[] {
  return groups.flatMap((group) => [...group.completions]);
}

/** Where the policy itself sampled all weights are 1. */
function sampledElsewhere<P>(groups: readonly RewardedGroup<P>[]): boolean {
  return completionsOf(groups).some(({ sampledLogProbs }) => sampledLogProbs !== undefined);
}

function samplerLogProbs({ sampledLogProbs, logProbs }: Completion): Float32Array {
  return sampledLogProbs ?? logProbs;
}

export function prefixed<T>(name: string, figures: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(figures).map(([key, figure]) => [`${name}/${key}`, figure]));
}
