import * as tf from '@tensorflow/tfjs-core';
import { asHead, type Head, type HeadWeight } from './head.js';

/** Finite stand-in for log 0, so that 0 · log 0 is 0 when a logit is −∞. */
const LOG_OF_ZERO = -1e30;

/** A distance between two distributions given by log-probabilities [n, V], and its gradients. */
interface VocabularyDistance {
  /** [n] nats. */
  value(anchor: tf.Tensor2D, view: tf.Tensor2D): tf.Tensor1D;
  /** ∂D/∂(logits of the anchor) and, where the view carries gradient, ∂D/∂(logits of the view), [n, V] each. */
  gradients(anchor: tf.Tensor2D, view: tf.Tensor2D, carries: boolean): [tf.Tensor2D, tf.Tensor2D?];
}

const total = (x: tf.Tensor, keepDims = false) => tf.sum(x, -1, keepDims);

/** The gradient by the logits of p of a function whose gradient by p is g, up to a constant:  p·(g − Σ p·g). */
const throughSoftmax = (probabilities: tf.Tensor, direction: tf.Tensor) =>
  tf.mul(probabilities, tf.sub(direction, total(tf.mul(probabilities, direction), true))) as tf.Tensor2D;

/** KL(a‖b) = Σ p_a·(log p_a − log p_b). */
const kl: VocabularyDistance = {
  value: (anchor, view) => total(tf.mul(tf.exp(anchor), tf.sub(anchor, view))) as tf.Tensor1D,
  gradients: (anchor, view, carries) => {
    const probabilities = tf.exp(anchor);
    const toAnchor = throughSoftmax(probabilities, tf.sub(anchor, view));
    return carries ? [toAnchor, tf.sub(tf.exp(view), probabilities)] : [toAnchor];
  },
};

/** log((p_a + p_b)/2), from the larger of both so that it never underflows. */
function logMiddle(anchor: tf.Tensor2D, view: tf.Tensor2D): tf.Tensor2D {
  const distance = tf.neg(tf.abs(tf.sub(anchor, view)));
  return tf.sub(tf.add(tf.maximum(anchor, view), tf.log1p(tf.exp(distance))), Math.LN2);
}

/** JS(a, b) = ½·KL(a‖m) + ½·KL(b‖m),  m = (p_a + p_b)/2. */
const js: VocabularyDistance = {
  value: (anchor, view) => {
    const middle = logMiddle(anchor, view);
    const halves = tf.add(
      tf.mul(tf.exp(anchor), tf.sub(anchor, middle)),
      tf.mul(tf.exp(view), tf.sub(view, middle)),
    );
    return tf.mul(total(halves), 0.5) as tf.Tensor1D;
  },
  gradients: (anchor, view, carries) => {
    const middle = logMiddle(anchor, view);
    const half = (logs: tf.Tensor2D) =>
      tf.mul(throughSoftmax(tf.exp(logs), tf.sub(logs, middle)), 0.5) as tf.Tensor2D;
    return carries ? [half(anchor), half(view)] : [half(anchor)];
  },
};

const distances = { kl, js };

/** One pass's hidden states of the selected tokens. */
export interface States {
  /** [S, D]. */
  readonly rows: tf.Tensor2D;
  /** Whether gradient flows through this pass, to its hidden states and to the head weight. */
  readonly carries: boolean;
  /** [V, D] output embedding of a pass that has another one and carries no gradient. */
  readonly head?: HeadWeight;
}

export interface VocabularyDistanceOptions {
  readonly distance: keyof typeof distances;
  readonly temperature: number;
  /** Tokens whose logits exist at one time. */
  readonly chunk: number;
  /** Whether the head weight carries gradient. */
  readonly headGradient: boolean;
}

/**
 * Distances between the distributions softmax(hidden · headᵀ / temperature) of an anchor and of K views, over the
 * whole vocabulary: KL(a‖b) or JS(a, b). Logits exist for `chunk` tokens at a time, in the forward pass and, recomputed, in the backward.
 *
 * @param states     the anchor, then each view.
 * @param headWeight [V, D] output embedding.
 * @returns [K, S] nats.
 */
export function vocabularyDistances(
  states: readonly States[],
  headWeight: HeadWeight,
  options: VocabularyDistanceOptions,
): tf.Tensor2D {
  const { trained } = asHead(headWeight);
  const gradientOfHead = options.headGradient ? trained : undefined;
  const carrying = states.flatMap(({ carries }, index) => (carries ? [index] : []));
  // What carries no gradient enters by closure, so that the tape asks for none and none is computed.
  const compute = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const rows = states.map((state) => state.rows);
    const weights = states.map((state) => state.head ?? headWeight);
    // Save plain tensors, which may be disposed before the backward pass; the caller keeps a `Head` alive.
    const plain = [...new Set(weights)].filter((weight) => weight instanceof tf.Tensor);
    (args.at(-1) as tf.GradSaveFunc)([...rows, ...plain]);
    return {
      value: forward(rows, weights.map(asHead), options),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const kept = saved as tf.Tensor2D[];
        const restored = new Map<HeadWeight, HeadWeight | undefined>(
          plain.map((weight, index) => [weight, kept[rows.length + index]]),
        );
        const heads = weights.map((weight) => asHead(restored.get(weight) ?? weight));
        const keptRows = kept.slice(0, rows.length);
        const headGradient = gradientOfHead !== undefined;
        const passes = { rows: keptRows, heads, carrying };
        const gradients = backward(passes, dy as tf.Tensor2D, { ...options, headGradient });
        return headGradient ? [...gradients.rows, gradients.head] : gradients.rows;
      },
    };
  });
  const inputs = carrying.map((index) => states[index]!.rows);
  return compute(...inputs, ...(gradientOfHead ? [gradientOfHead] : [])) as tf.Tensor2D;
}

function forward(
  rows: readonly tf.Tensor2D[],
  heads: readonly Head[],
  options: VocabularyDistanceOptions,
): tf.Tensor2D {
  const { value } = distances[options.distance];
  const columns = chunkStarts(rows, options).map((start) =>
    tf.tidy(() => {
      const [anchor, ...views] = rows.map((states, index) =>
        logDistribution(chunkOf(states, start, options), heads[index]!, options.temperature),
      );
      return tf.stack(views.map((view) => value(anchor!, view))) as tf.Tensor2D;
    }),
  );
  return tf.concat(columns, 1);
}

/** The hidden states of each pass, its head, and which passes carry gradient. */
interface Passes {
  readonly rows: readonly tf.Tensor2D[];
  readonly heads: readonly Head[];
  readonly carrying: readonly number[];
}

/** Gradients to the passes that carry one, [S, D] each, and to the head through those. */
function backward(
  { rows, heads, carrying }: Passes,
  dy: tf.Tensor2D,
  options: VocabularyDistanceOptions,
): { rows: tf.Tensor2D[]; head: tf.Tensor2D } {
  const pieces: tf.Tensor2D[][] = carrying.map(() => []);
  let headTotal = tf.zeros<tf.Rank.R2>(options.headGradient ? [...heads[0]!.shape] : [0, 0]);
  for (const start of chunkStarts(rows, options)) {
    const result = tf.tidy(() => {
      const parts = rows.map((all) => chunkOf(all, start, options));
      const upstream = tf.div<tf.Tensor2D>(
        tf.slice(dy, [0, start], [-1, parts[0]!.shape[0]]),
        options.temperature,
      );
      const byLogits = logitGradients({ rows: parts, heads, carrying }, upstream, options);
      let sum = headTotal;
      if (options.headGradient) {
        for (const index of carrying) sum = tf.add(sum, tf.matMul(byLogits[index]!, parts[index]!, true));
      }
      return {
        rows: carrying.map((index) => heads[index]!.inputGradient(byLogits[index]!)),
        head: tf.clone(sum),
      };
    });
    headTotal.dispose();
    headTotal = result.head;
    result.rows.forEach((gradient, index) => {
      pieces[index]!.push(gradient);
    });
  }
  return { rows: pieces.map((gradients) => tf.concat(gradients)), head: headTotal };
}

/** Gradients of Σ upstream·D to the logits before the temperature, of the anchor and of each view that carries one. */
function logitGradients(
  { rows, heads, carrying }: Passes,
  upstream: tf.Tensor2D,
  options: VocabularyDistanceOptions,
): (tf.Tensor2D | undefined)[] {
  const { gradients } = distances[options.distance];
  const [anchor, ...views] = rows.map((part, index) =>
    logDistribution(part, heads[index]!, options.temperature),
  );
  const pairs = views.map((view, index) =>
    tf.tidy(() => {
      const factor = tf.reshape(tf.slice(upstream, [index, 0], [1, -1]), [-1, 1]);
      return gradients(anchor!, view, carrying.includes(index + 1)).map(
        (gradient) => gradient && tf.mul<tf.Tensor2D>(gradient, factor),
      );
    }),
  );
  return [tf.addN(pairs.map(([toAnchor]) => toAnchor!)), ...pairs.map(([, toView]) => toView)];
}

function chunkStarts(rows: readonly tf.Tensor2D[], { chunk }: VocabularyDistanceOptions): number[] {
  return Array.from({ length: Math.ceil(rows[0]!.shape[0] / chunk) }, (_, index) => index * chunk);
}

function chunkOf(rows: tf.Tensor2D, start: number, { chunk }: VocabularyDistanceOptions): tf.Tensor2D {
  const [tokens, depth] = rows.shape;
  return tf.slice(rows, [start, 0], [Math.min(chunk, tokens - start), depth]);
}

/** log softmax(rows · headᵀ / temperature), [n, V]; finite even where a logit is −∞. */
function logDistribution(rows: tf.Tensor2D, head: Head, temperature: number): tf.Tensor2D {
  return tf.tidy(() => {
    const logits = tf.div(head.product(rows), temperature);
    const shifted = tf.sub(logits, tf.max(logits, -1, true));
    return tf.maximum<tf.Tensor2D>(tf.sub(shifted, tf.log(total(tf.exp(shifted), true))), LOG_OF_ZERO);
  });
}
