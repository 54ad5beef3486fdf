import { requireNames } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';
import { type DetectionOptions, resolveDetectionOptions } from './detection-options.js';
import { type SelectedTokens, selectTokens } from './select-tokens.js';

/** Numbers of tokens, one per completion. */
export interface DetectionCounts {
  /** [B] completion tokens. */
  readonly completion: Int32Array;
  /** [B] of those, tokens with ΔH > 0. */
  readonly positive: Int32Array;
  /** [B] tokens in the mask. */
  readonly selected: Int32Array;
}

export interface DetectionArrays {
  /** B completions, each the entropies H of its tokens under the original image, nats. Lengths may differ. */
  readonly entropy: readonly ArrayLike<number>[];
  /** The same under the information-removing view, H⁻. */
  readonly removedEntropy: readonly ArrayLike<number>[];
  /** 1 on completion tokens, 0 on padding; without it all are completion tokens. */
  readonly mask?: readonly ArrayLike<number>[];
}

export interface ArrayDetection {
  /** Per completion, 1 on perception tokens. */
  readonly mask: readonly Uint8Array[];
  /** Per completion, ΔH = H⁻ − H in nats; 0 on padding. */
  readonly shift: readonly Float64Array[];
  /** Per completion, the score s; 0 on padding. */
  readonly score: readonly Float64Array[];
  readonly counts: DetectionCounts;
}

export interface DetectionTensors {
  /** [B, T] entropy H under the original image, nats. */
  readonly entropy: tf.Tensor2D;
  /** [B, T] entropy H⁻ under the information-removing view, nats. */
  readonly removedEntropy: tf.Tensor2D;
  /** [B, T] 1 on completion tokens (the end token included), 0 on padding. */
  readonly mask: tf.Tensor2D;
}

export interface Detection {
  /** [B, T] float32, 1 on perception tokens. */
  readonly mask: tf.Tensor2D;
  /** [B, T] ΔH = H⁻ − H, nats; 0 on padding. */
  readonly shift: tf.Tensor2D;
  /** [B, T] score s; 0 on padding. */
  readonly score: tf.Tensor2D;
  readonly counts: DetectionCounts;
}

/**
 * Perception tokens: those whose uncertainty grows most when the image's information is removed
 * (CPPO, arXiv:2601.00501, and the authors' code). Each completion is judged by itself.
 *
 *   ΔH = H⁻ − H,   s = relu(ΔH) / (H⁻ + 1e-6),   c = number of completion tokens with ΔH > 0,
 *   k = max(1, ⌊ρ·c⌋),   θ = k-th largest s among those c,   M = 1 where s ≥ θ and ΔH > 0
 *
 * A completion with c = 0 has no perception token; neither is one whose entropies are not finite. Options give every published variant.
 * Carries no gradient. Reads the tensors synchronously; where an engine cannot (WebGPU outside a browser), read them
 * with `await tensor.data()` and call `detectPerceptionTokensInArrays`.
 *
 * @param input [B, T] entropies H and H⁻, nats, and the mask of completion tokens.
 * @param options one of `detectionPresets`, or parts of it; the authors' code where left out.
 * @returns new tensors, which the caller disposes.
 * @throws RangeError when shapes disagree or an option is out of range.
 * @example
 * const entropy = tf.tensor2d([[0.1, 0.9, 0.2, 0.5]]);
 * const removedEntropy = tf.tensor2d([[1.5, 1.0, 0.2, 0.4]]);
 * const { mask, counts } = detectPerceptionTokens({ entropy, removedEntropy, mask: tf.ones([1, 4]) });
 * mask; // [[1, 0, 0, 0]]
 * counts.positive; // [2]
 */
export function detectPerceptionTokens(input: DetectionTensors, options: DetectionOptions = {}): Detection {
  requireNames('detectPerceptionTokens', input, { entropy: true, removedEntropy: true, mask: true });
  const { entropy, removedEntropy, mask } = input;
  const shapes = [entropy, removedEntropy, mask].map((tensor) =>
    tensor instanceof tf.Tensor ? `[${tensor.shape}]` : 'no tensor',
  );
  if (entropy?.rank !== 2 || shapes.some((shape) => shape !== shapes[0])) {
    throw new RangeError(
      `detectPerceptionTokens: entropy is ${shapes[0]}, removedEntropy ${shapes[1]} and mask ${shapes[2]}; expected [B, T] for all.`,
    );
  }
  const rowsOf = (tensor: tf.Tensor2D): ArrayLike<number>[] => {
    const [rows, length] = tensor.shape;
    const values = tensor.dataSync();
    return Array.from({ length: rows }, (_, row) => values.subarray(row * length, (row + 1) * length));
  };
  const found = detectRows(
    { entropy: rowsOf(entropy), removedEntropy: rowsOf(removedEntropy), mask: rowsOf(mask) },
    resolveDetectionOptions('detectPerceptionTokens', options),
  );
  const toTensor = (rows: readonly ArrayLike<number>[]): tf.Tensor2D => {
    const flat = new Float32Array(entropy.size);
    rows.forEach((row, index) => {
      flat.set(row, index * entropy.shape[1]);
    });
    return tf.tensor2d(flat, entropy.shape, 'float32');
  };
  return {
    mask: toTensor(found.map((row) => row.mask)),
    shift: toTensor(found.map((row) => row.shift)),
    score: toTensor(found.map((row) => row.score)),
    counts: countsOf(found),
  };
}

/**
 * `detectPerceptionTokens` on plain arrays, for analysis. Completions need no padding.
 *
 * @param input per completion the entropies H and H⁻ of its tokens, nats.
 * @param options as `detectPerceptionTokens`.
 * @returns per completion the mask, the shift ΔH in nats and the score.
 * @throws RangeError when lengths disagree or an option is out of range.
 * @example
 * const entropies = { entropy: [[0.1, 0.9], [0.5]], removedEntropy: [[1.5, 1.0], [0.4]] };
 * detectPerceptionTokensInArrays(entropies).mask; // [[1, 0], [0]]
 */
export function detectPerceptionTokensInArrays(
  input: DetectionArrays,
  options: DetectionOptions = {},
): ArrayDetection {
  requireNames('detectPerceptionTokensInArrays', input, { entropy: true, removedEntropy: true, mask: true });
  const { entropy, removedEntropy, mask } = input;
  for (const [name, rows] of Object.entries({ entropy, removedEntropy, ...(mask && { mask }) })) {
    if (!Array.isArray(rows) || rows.some((row) => typeof row !== 'object' || row === null)) {
      throw new RangeError(
        `detectPerceptionTokensInArrays: ${name} is not a list of lists; expected one list of numbers for each completion.`,
      );
    }
  }
  const lengths = (rows: readonly ArrayLike<number>[]) => `[${rows.map((row) => row.length).join(', ')}]`;
  for (const [name, rows] of Object.entries({ removedEntropy, ...(mask && { mask }) })) {
    if (lengths(rows) !== lengths(entropy)) {
      throw new RangeError(
        `detectPerceptionTokensInArrays: ${name} has rows of lengths ${lengths(rows)}; expected those of entropy, ${lengths(entropy)}.`,
      );
    }
  }
  const found = detectRows(input, resolveDetectionOptions('detectPerceptionTokensInArrays', options));
  return {
    mask: found.map((row) => row.mask),
    shift: found.map((row) => row.shift),
    score: found.map((row) => row.score),
    counts: countsOf(found),
  };
}

function detectRows(
  { entropy, removedEntropy, mask }: DetectionArrays,
  options: ReturnType<typeof resolveDetectionOptions>,
): SelectedTokens[] {
  return entropy.map((row, index) =>
    selectTokens(row, removedEntropy[index]!, mask?.[index], options, index),
  );
}

function countsOf(found: readonly SelectedTokens[]): DetectionCounts {
  return {
    completion: Int32Array.from(found, (row) => row.completion),
    positive: Int32Array.from(found, (row) => row.positive),
    selected: Int32Array.from(found, (row) => row.selected),
  };
}
