import { requireNames } from '@cppo/checked-options';
import { asHead, connectedZero, detach, requireGradients, vocabularyDistances } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';
import type { HeadWeight } from './head.js';
import { type ContrastiveLossOptions, type ResolvedLossOptions, resolveLossOptions } from './loss-options.js';
import { k1Distance, k3Distance } from './sampled-distance.js';
import { placeRows, selectRows } from './select-rows.js';

const EPSILON = 1e-8;

/** What one pass of the policy says of the tokens. */
export interface Branch {
  /** [B, T] log-probabilities of the sampled tokens, nats; needed by `k3` and `k1`. */
  readonly logProbs?: tf.Tensor2D;
  /** [B, T, D] hidden states from which the tokens are predicted; needed by `kl` and `js`. */
  readonly hidden?: tf.Tensor3D;
}

export interface ContrastiveLossInput {
  /** Under the original image. */
  readonly anchor: Branch;
  /** Under the information-preserving view. */
  readonly positive: Branch;
  /** Under the information-removing views; at least one. */
  readonly negatives: readonly Branch[];
  /** [B, T] M: 1 on the tokens that count (gated perception tokens), 0 elsewhere. */
  readonly mask: tf.Tensor2D;
  /** [V, D] output embedding, a tensor or a `Head`; logits = hidden · headWeightᵀ. Needed by `kl` and `js`. */
  readonly headWeight?: HeadWeight;
}

export interface ContrastiveLoss {
  /** Σ M·CPL / (normalizer + 1e-8), to minimise. */
  readonly loss: tf.Scalar;
  /** [B, T] CPL of each token; 0 where the mask is. No gradient. */
  readonly perToken: tf.Tensor2D;
  /** D⁺ and each D⁻ [B, T], nats; 0 where the mask is. No gradient. */
  readonly distances: { readonly positive: tf.Tensor2D; readonly negatives: readonly tf.Tensor2D[] };
  /** Tokens in the mask. */
  readonly selected: number;
}

/**
 * Contrastive Perception Loss (CPPO, arXiv:2601.00501): on perception tokens the distribution under the original
 * image should be near that under the information-preserving view and far from that under the
 * information-removing views. InfoNCE with similarity −D:
 *
 *   CPL_t = −log( e^(−D⁺/τ) / (e^(−D⁺/τ) + Σ_j e^(−D_j⁻/τ)) ),   L = Σ M·CPL / (Σ M + 1e-8)
 *
 * With one negative CPL_t = softplus((D⁺ − D⁻)/τ). Values outside the mask are ignored; an empty mask gives
 * exactly 0 with zero gradient. Reads the mask synchronously; where an engine cannot (WebGPU outside a browser), give it
 * one made of numbers just before, or one that has been read with `await mask.data()`.
 *
 * @param input the passes under the original image and its views, and the mask M [B, T].
 * @param options one of `contrastiveLossPresets`, or parts of it.
 * @returns new tensors, which the caller disposes (under `tf.variableGrads` or `tf.tidy` they go by themselves).
 * @throws RangeError when shapes disagree, an option is out of range, or a distance lacks what it needs.
 * @example
 * const pass = (logProb) => ({ logProbs: tf.tensor2d([[logProb]]) });
 * const input = { anchor: pass(-0.2), positive: pass(-0.2), negatives: [pass(-1)], mask: tf.ones([1, 1]) };
 * const { loss, distances } = contrastivePerceptionLoss(input, { distance: 'k1', tau: 0.5 });
 * distances.negatives[0]; // [[0.8]]
 * loss; // 0.1839
 */
export function contrastivePerceptionLoss(
  input: ContrastiveLossInput,
  options: ContrastiveLossOptions = {},
): ContrastiveLoss {
  requireNames('contrastivePerceptionLoss', input, {
    anchor: true,
    positive: true,
    negatives: true,
    mask: true,
    headWeight: true,
  });
  requireGradients('contrastivePerceptionLoss');
  const resolved = resolveLossOptions(options);
  assertInput(input, resolved);
  return tf.tidy(() => {
    const { mask } = input;
    const weights = mask.dataSync();
    const indices = Int32Array.from(weights.keys()).filter((index) => weights[index] !== 0);
    const negatives = input.negatives.length;
    if (indices.length === 0) {
      const empty = () => tf.zeros<tf.Rank.R2>(mask.shape);
      return {
        loss: connectedZero(differentiable(input, resolved)),
        perToken: empty(),
        distances: { positive: empty(), negatives: input.negatives.map(empty) },
        selected: 0,
      };
    }
    const rows = tf.tensor1d(indices, 'int32');
    const distances = distancesAt(rows, input, resolved);
    const perToken = infoNce(distances, resolved.tau);
    const chosenWeights = Float32Array.from(indices, (index) => weights[index]!);
    const normalizer = resolved.normalizer ?? chosenWeights.reduce((sum, weight) => sum + weight, 0);
    const loss = tf.div(
      tf.sum(tf.mul(perToken, tf.tensor1d(chosenWeights))),
      normalizer + EPSILON,
    ) as tf.Scalar;

    const spread = (values: tf.Tensor): tf.Tensor2D =>
      tf.reshape(placeRows(tf.reshape(detach(values), [-1]), rows, [mask.size]), mask.shape);
    const row = (index: number) => spread(tf.slice(detach(distances), [index, 0], [1, -1]));
    return {
      loss,
      perToken: spread(perToken),
      distances: { positive: row(0), negatives: Array.from({ length: negatives }, (_, j) => row(j + 1)) },
      selected: indices.length,
    };
  });
}

/**
 * [K, S] distances, D⁺ first, to [S]:  softplus(log Σ_j e^((D⁺ − D_j⁻)/τ)).
 * Unlike the log of a sum that holds a 1, it keeps its digits when the loss is small.
 */
function infoNce(distances: tf.Tensor2D, tau: number): tf.Tensor1D {
  const positive = tf.slice(distances, [0, 0], [1, -1]);
  const negatives = tf.slice(distances, [1, 0], [-1, -1]);
  return tf.softplus(tf.logSumExp(tf.div(tf.sub(positive, negatives), tau), 0)) as tf.Tensor1D;
}

/** [K, S] distances of the S selected tokens, D⁺ first. */
function distancesAt(
  rows: tf.Tensor1D,
  { anchor, positive, negatives, headWeight }: ContrastiveLossInput,
  { distance, gradients, temperature, chunk }: ResolvedLossOptions,
): tf.Tensor2D {
  const branches = [
    { branch: anchor, carries: gradients.anchor },
    { branch: positive, carries: gradients.positive },
    ...negatives.map((branch) => ({ branch, carries: gradients.negative })),
  ];
  if (distance === 'k1' || distance === 'k3') {
    const between = distance === 'k1' ? k1Distance : k3Distance;
    const [original, ...views] = branches.map(({ branch, carries }) => {
      const logProbs = tf.reshape<tf.Rank.R1>(branch.logProbs!, [-1]);
      return selectRows(carries ? logProbs : detach(logProbs), rows);
    });
    return tf.stack(views.map((view) => between(original!, view))) as tf.Tensor2D;
  }
  const states = branches.map(({ branch: { hidden }, carries }) => ({
    rows: selectRows(tf.reshape<tf.Rank.R2>(hidden!, [-1, hidden!.shape[2]]), rows),
    carries,
  }));
  const headGradient = gradients.headWeight && branches.some(({ carries }) => carries);
  return vocabularyDistances(states, headWeight!, { distance, temperature, chunk, headGradient });
}

/** The tensors to which the loss has a gradient. */
function differentiable(
  input: ContrastiveLossInput,
  { distance, gradients }: ResolvedLossOptions,
): tf.Tensor[] {
  const sampled = distance === 'k1' || distance === 'k3';
  const of = (branch: Branch) => (sampled ? branch.logProbs! : branch.hidden!);
  const head = gradients.headWeight && !sampled ? asHead(input.headWeight!).trained : undefined;
  return [
    ...(gradients.anchor ? [of(input.anchor)] : []),
    ...(gradients.positive ? [of(input.positive)] : []),
    ...(gradients.negative ? input.negatives.map(of) : []),
    ...(head ? [head] : []),
  ];
}

function assertInput(input: ContrastiveLossInput, { distance }: ResolvedLossOptions): void {
  const { anchor, positive, negatives, mask, headWeight } = input;
  const fail = (found: string, expected: string): never => {
    throw new RangeError(`contrastivePerceptionLoss: ${found}; expected ${expected}.`);
  };
  if (!Array.isArray(negatives)) fail('negatives are not a list', 'a list of branches');
  if (negatives.length === 0) fail('there is no negative', 'at least one');
  if (!(mask instanceof tf.Tensor)) fail('mask is not a tensor', '[B, T]');
  if (mask.rank !== 2) fail(`mask is [${mask.shape}]`, '[B, T]');
  const sampled = distance === 'k1' || distance === 'k3';
  const depth = headWeight?.shape[1];
  if (!sampled && headWeight?.shape.length !== 2) {
    fail(`distance '${distance}' has no headWeight of rank 2`, 'the output embedding [V, D]');
  }
  const expected = sampled ? mask.shape : [...mask.shape, depth!];
  const named = {
    anchor,
    positive,
    ...Object.fromEntries(negatives.map((branch, j) => [`negatives[${j}]`, branch])),
  };
  for (const [name, branch] of Object.entries(named)) {
    const key = sampled ? 'logProbs' : 'hidden';
    const tensor = branch?.[key];
    const found = tensor instanceof tf.Tensor ? `[${tensor.shape}]` : tensor ? 'not a tensor' : 'missing';
    if (found !== `[${expected}]`) {
      fail(`${name}.${key} is ${found} and mask [${mask.shape}]`, `[${expected}] for distance '${distance}'`);
    }
  }
}
