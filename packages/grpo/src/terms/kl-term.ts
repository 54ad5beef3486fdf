import { describeValue, requireNames, requireOneOf } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';
import { alone } from '../cluster/cluster.js';
import { ownGroups } from '../cluster/own-groups.js';
import type { LossTerm } from '../loss-term.js';
import { type Aggregation, aggregate, aggregations } from '../objective/aggregate.js';
import { exactKl } from '../objective/exact-kl.js';
import { asHead, type HeadWeight } from '../objective/head.js';
import { type KlKind, klKinds, klPenalty } from '../objective/kl-penalty.js';
import { logRatio } from '../objective/token-objective.js';
import type { Policy, Scorer, TokenScores } from '../policy.js';
import {
  countBatch,
  padRows,
  sampledLogProbs,
  type Truncated,
  trainedTokens,
  truncations,
} from './group-rows.js';
import { type CompletionScores, scoreBatch } from './score-batch.js';
import { Tally } from './tally.js';

export interface KlTermOptions<P> {
  /** β. */
  readonly coefficient: number;
  /** An estimator of `klPenalty`, or `exact`: over the whole vocabulary (`exactKl`). Default `k3`. */
  readonly kind?: KlKind | 'exact';
  /**
   * The policy to stay near, scored once a batch without gradient. `exact` takes its `headWeight` where it has one and
   * the policy's where not, and holds the reference's hidden states of the batch in memory.
   */
  readonly reference: Scorer<P> & { readonly headWeight?: HeadWeight };
  /** Default `kl`. */
  readonly name?: string;
  /** Default `token-mean`. */
  readonly aggregation?: Aggregation;
  readonly truncated?: Truncated;
  /** For aggregation `fixed-length`; see `policyTerm`. */
  readonly maxLength?: number;
  /** Multiplies each token's penalty by its ratio r: unbiased off-policy (TRL's `use_bias_correction_kl`). Default false. */
  readonly weightByRatio?: boolean;
}

/**
 * Keeps the policy near a reference: β · KL(π‖π_ref), averaged over tokens (`klPenalty`, or `exactKl`).
 *
 * Figures: `policy/kl` (named after the term), the mean KL over tokens without β, nats.
 *
 * @param options β, the reference and the estimator; k3 by default.
 * @returns a term for the `terms` of `trainingStep`.
 * @throws RangeError when β is not finite, the reference cannot score, or a mode is unknown.
 * @example
 * const reference = { score: () => ({ logProbs: tf.tensor2d([[-1.5]]), entropies: tf.zeros([1, 1]) }) };
 * const completions = [{ tokens: [4], logProbs: [-0.5], truncated: false }];
 * const batch = [{ id: 'a', prompt: 'p', completions }];
 * const term = await klTerm({ coefficient: 0.1, reference }).prepare(batch, {});
 * term.loss(batch, { logProbs: tf.tensor2d([[-0.5]]), mask: tf.ones([1, 1]) }); // 0.03679
 */
export function klTerm<P>(options: KlTermOptions<P>): LossTerm<P> {
  requireNames('klTerm', options, {
    coefficient: true,
    kind: true,
    reference: true,
    name: true,
    aggregation: true,
    truncated: true,
    maxLength: true,
    weightByRatio: true,
  });
  const { coefficient, kind = 'k3', reference, name = 'kl', weightByRatio = false } = options;
  const { aggregation = 'token-mean', truncated = 'keep', maxLength } = options;
  requireOneOf('klTerm', 'kind', kind, [...klKinds, 'exact']);
  requireOneOf('klTerm', 'aggregation', aggregation, aggregations);
  requireOneOf('klTerm', 'truncated', truncated, truncations);
  if (typeof reference?.score !== 'function') {
    throw new RangeError(
      `klTerm: reference is ${describeValue(reference)}; expected something with a method score.`,
    );
  }
  if (!Number.isFinite(coefficient)) {
    throw new RangeError(`klTerm: coefficient is ${coefficient}; expected a finite number.`);
  }
  const exact = kind === 'exact';
  return {
    name,
    hidden: exact,
    async prepare(batch, policy, context) {
      const counts = countBatch(batch, truncated, maxLength);
      const cluster = context?.cluster ?? alone;
      const own = ownGroups(batch, cluster);
      const scored = await scoreBatch(reference, own, { ...context, hidden: exact });
      const referenceOf = new Map(own.map((group, index) => [group, scored[index]!]));
      const tally = new Tally();
      return {
        needs: () => coefficient !== 0,
        loss(groups, original) {
          const trained = trainedTokens(groups, original.mask, truncated);
          const rows = groups.flatMap((group) => referenceOf.get(group)!);
          const width = original.logProbs.shape[1];
          let penalty = exact
            ? exactPenalty(original, rows, policy, reference.headWeight, context?.temperature)
            : klPenalty(
                original.logProbs,
                padRows(
                  rows.map(({ logProbs }) => logProbs),
                  width,
                ),
                kind,
              );
          if (weightByRatio) {
            const ratio = tf.exp(
              logRatio(original.logProbs, sampledLogProbs(groups, width), trained, 'token'),
            );
            penalty = tf.mul(penalty, ratio);
          }
          tally.add({ [`policy/${name}`]: aggregate(penalty, trained, 'token-mean', counts) });
          return tf.mul(aggregate(penalty, trained, aggregation, counts), coefficient);
        },
        metrics: () => tally.pool(cluster),
        dispose: () => tally.dispose(),
      };
    },
  };
}

function exactPenalty<P>(
  { hidden, logProbs }: TokenScores,
  rows: readonly CompletionScores[],
  policy: Policy<P>,
  refHeadWeight: HeadWeight | undefined,
  temperature: number | undefined,
): tf.Tensor2D {
  if (hidden === undefined) {
    throw new TypeError('klTerm: the original scores have no hidden states; expected them for the exact KL.');
  }
  const [, width, depth] = hidden.shape;
  const trained: tf.Tensor | undefined = asHead(policy.headWeight).trained;
  const refHidden = padRows(
    rows.map((row) => row.hidden!),
    width * depth,
  );
  return tf.reshape(
    exactKl({
      hidden,
      headWeight: policy.headWeight,
      refHidden: tf.reshape(refHidden, hidden.shape),
      ...(refHeadWeight && { refHeadWeight }),
      ...(temperature !== undefined && { temperature }),
      // A frozen head needs no gradient, a [V, D] sum.
      headGradient: policy.variables.some((variable) => variable === trained),
    }),
    logProbs.shape,
  );
}
