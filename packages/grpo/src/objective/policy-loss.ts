import { describeValue, requireNames } from '@cppo/checked-options';
import { requireGradients } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';
import { aggregate, type BatchCounts } from './aggregate.js';
import { type PolicyLossOptions, resolvePolicyLossOptions } from './policy-loss-options.js';
import {
  cispoSurrogate,
  clippedSurrogate,
  logRatio,
  sapoSurrogate,
  vespoSurrogate,
} from './token-objective.js';

export interface PolicyLossInput {
  /** [B, T] ℓ, nats, under the policy that is trained. */
  readonly logProbs: tf.Tensor2D;
  /** [B, T] ℓ_old, nats, recorded at sampling; carries no gradient. */
  readonly oldLogProbs: tf.Tensor2D;
  /** [B] A, one per completion. */
  readonly advantages: tf.Tensor1D;
  /** [B, T] 1 on completion tokens. */
  readonly mask: tf.Tensor2D;
  /** [B, T] or [B, 1] factors of the tokens' losses, from `importanceWeights`; carry no gradient. */
  readonly importanceWeights?: tf.Tensor2D;
  /** [B, T] further factors of the tokens' losses (VPPO's choice of tokens); no denominator knows them. */
  readonly tokenWeights?: tf.Tensor2D;
  /** Counts of the whole optimiser batch; those of `mask` when left out. */
  readonly counts?: BatchCounts;
}

export interface PolicyLoss {
  /** Scalar, to minimise. Over parts of a batch with the batch's counts it adds up. */
  readonly loss: tf.Scalar;
  /** [B, T] loss of each token; 0 on padding. */
  readonly perToken: tf.Tensor2D;
  /** Scalars without gradient. */
  readonly metrics: {
    /** Share of the batch's tokens with r < 1 − ε_low and A < 0; adds up over parts. */
    readonly clippedLow: tf.Scalar;
    /** Share of the batch's tokens with r > 1 + ε_high (cispo: r > cap) and A > 0; adds up over parts. */
    readonly clippedHigh: tf.Scalar;
    /** Mean ratio over the batch's tokens; adds up over parts. */
    readonly ratioMean: tf.Scalar;
    readonly ratioMin: tf.Scalar;
    readonly ratioMax: tf.Scalar;
  };
}

/**
 * Computes the policy-gradient loss of GRPO and its relatives (PPO's clip, arXiv:1707.06347, eq. 7).
 *
 *   L = aggregate( −min(r·A, clip(r, 1−ε_low, 1+ε_high)·A) ),   r = exp(ℓ − ℓ_old)
 *
 * The loss of a token with A < 0 is at most −c·A (dual clip). `lossTypes` says what each loss type sets;
 * cispo, sapo and vespo replace the surrogate. Numbers and gradients equal TRL 1.13's for all of them.
 * Log-ratios are clamped to ±20.
 *
 * @param input log-probabilities [B, T] in nats, advantages [B] and the mask [B, T] of completion tokens.
 * @param options the loss type, and what overrides it; `dapo` by default.
 * @returns the loss, its value per token and figures for the log, as new tensors.
 * @throws RangeError when shapes disagree or an option is out of range.
 * @example
 * const logProbs = tf.log(tf.tensor2d([[0.6, 0.4]]));
 * const oldLogProbs = tf.log(tf.tensor2d([[0.4, 0.4]]));
 * const batch = { logProbs, oldLogProbs, advantages: tf.tensor1d([1]), mask: tf.ones([1, 2]) };
 * const { loss, perToken, metrics } = policyLoss(batch);
 * perToken; // [[-1.2, -1]]
 * loss; // -1.1
 * metrics.clippedHigh; // 0.5
 */
export function policyLoss(input: PolicyLossInput, options: PolicyLossOptions = {}): PolicyLoss {
  requireNames('policyLoss', input, {
    logProbs: true,
    oldLogProbs: true,
    advantages: true,
    mask: true,
    importanceWeights: true,
    tokenWeights: true,
    counts: true,
  });
  requireGradients('policyLoss');
  const { logProbs, oldLogProbs, mask, importanceWeights, tokenWeights, counts } = input;
  const resolved = resolvePolicyLossOptions('policyLoss', options);
  checkShapes(input);
  const [rows] = logProbs.shape;
  const advantages = tf.reshape(input.advantages, [rows, 1]) as tf.Tensor2D;
  const ratio = tf.exp(logRatio(logProbs, oldLogProbs, mask, resolved.ratio)) as tf.Tensor2D;

  const surrogate = (): tf.Tensor2D => {
    if (resolved.objective === 'clip') return clippedSurrogate(ratio, advantages, resolved);
    if (resolved.objective === 'cispo') return cispoSurrogate(ratio, advantages, logProbs, resolved);
    if (resolved.objective === 'sapo') return sapoSurrogate(ratio, advantages, resolved);
    const perTokenLogRatio = logRatio(logProbs, oldLogProbs, mask, 'token');
    return vespoSurrogate(perTokenLogRatio, advantages, logProbs, mask, resolved, importanceWeights);
  };
  let perToken = surrogate();
  // vespo has the importance weights inside its own weight.
  if (importanceWeights !== undefined && resolved.objective !== 'vespo') {
    perToken = tf.mul(perToken, importanceWeights);
  }
  if (tokenWeights !== undefined) perToken = tf.mul(perToken, tokenWeights);
  perToken = tf.mul(perToken, mask);
  return {
    loss: aggregate(perToken, mask, resolved.aggregation, counts),
    perToken,
    metrics: ratioMetrics(ratio, advantages, mask, resolved, counts),
  };
}

function ratioMetrics(
  ratio: tf.Tensor2D,
  advantages: tf.Tensor2D,
  mask: tf.Tensor2D,
  { objective, clipLow, clipHigh, ratioCap }: ReturnType<typeof resolvePolicyLossOptions>,
  counts: BatchCounts | undefined,
): PolicyLoss['metrics'] {
  const lowest = objective === 'clip' ? 1 - clipLow : 0;
  const highest = objective === 'clip' ? 1 + clipHigh : objective === 'cispo' ? ratioCap : 3e38;
  // A sequence's ratio [B, 1] counts for each of its tokens.
  const share = (values: tf.Tensor): tf.Scalar =>
    aggregate(tf.mul(tf.cast(values, 'float32'), mask) as tf.Tensor2D, mask, 'token-mean', counts);
  const masked = (fallback: number) => tf.add(tf.mul(ratio, mask), tf.mul(tf.sub(1, mask), fallback));
  return {
    clippedLow: share(tf.logicalAnd(tf.less(ratio, lowest), tf.less(advantages, 0))),
    clippedHigh: share(tf.logicalAnd(tf.greater(ratio, highest), tf.greater(advantages, 0))),
    ratioMean: share(ratio),
    ratioMin: tf.min(masked(3e38)),
    ratioMax: tf.max(masked(0)),
  };
}

function checkShapes({
  logProbs,
  oldLogProbs,
  advantages,
  mask,
  importanceWeights,
  tokenWeights,
}: PolicyLossInput) {
  for (const [name, tensor] of Object.entries({ logProbs, oldLogProbs, advantages, mask })) {
    if (!(tensor instanceof tf.Tensor)) {
      throw new RangeError(`policyLoss: ${name} is ${describeValue(tensor)}; expected a tensor.`);
    }
  }
  const [rows, length] = logProbs.shape;
  const expected = `[${rows},${length}]`;
  const found = { oldLogProbs, mask, ...(tokenWeights && { tokenWeights }) };
  for (const [name, tensor] of Object.entries(found)) {
    if (`[${tensor.shape}]` !== expected) {
      throw new RangeError(
        `policyLoss: ${name} is [${tensor.shape}]; expected ${expected}, the shape of logProbs.`,
      );
    }
  }
  if (advantages.shape.length !== 1 || advantages.shape[0] !== rows) {
    throw new RangeError(
      `policyLoss: advantages is [${advantages.shape}]; expected [${rows}], one per completion.`,
    );
  }
  if (importanceWeights && ![expected, `[${rows},1]`].includes(`[${importanceWeights.shape}]`)) {
    throw new RangeError(
      `policyLoss: importanceWeights is [${importanceWeights.shape}]; expected ${expected} or [${rows},1].`,
    );
  }
}
