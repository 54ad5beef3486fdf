import { requireNames } from '@cppo/checked-options';
import { requireGradients } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';
import { requireRequests } from '../check-encoded.js';
import { rmsNorm } from '../model/kernels.js';
import { hiddenStates, type QwenModel } from '../model/model.js';
import { distinct } from './distinct.js';
import { type ScoreRequest, scorePlan } from './plan.js';
import { Rectangle } from './rectangle.js';
import { sharedPrefix } from './shared-prefix.js';
import { tokenLogProbs } from './token-log-probs.js';

export interface ScoreOptions {
  /** Logits are divided by it first. Default 1. */
  readonly temperature?: number;
  /** Also return the last hidden states (after the final norm), for exact distances. Default false. */
  readonly hidden?: boolean;
  /** Turns the dropout of adapters on and seeds it. Default: no dropout. */
  readonly dropoutSeed?: number;
}

/**
 * Scores of B completions, in the order of the requests and of the completions within each, padded on the
 * right to the longest, T tokens.
 */
export interface TokenScores {
  /** [B, T] nats; 0 on padding. */
  readonly logProbs: tf.Tensor2D;
  /** [B, T] entropy over the whole vocabulary, nats; 0 on padding. */
  readonly entropies: tf.Tensor2D;
  /** [B, T] 1 on completion tokens, 0 on padding. */
  readonly mask: tf.Tensor2D;
  /** [B, T, D] hidden state from which token t was predicted; 0 on padding. Only on request. */
  readonly hidden?: tf.Tensor3D;
}

/**
 * Scores completions. All prompts and completions run as one flat matrix of tokens: what all prompts begin with once,
 * each prompt once for all of its completions, each completion once for all that equal it. Differentiable in the trained variables.
 *
 * @throws RangeError for an option that there is not, or a request that is not of encoded prompts and token ids.
 */
export function score(
  model: QwenModel,
  requests: readonly ScoreRequest[],
  options: ScoreOptions = {},
): TokenScores {
  requireNames('score', options, { temperature: true, hidden: true, dropoutSeed: true });
  requireGradients('score');
  requireRequests(requests, model.config.text.vocabularySize);
  const { temperature = 1, hidden: wantsHidden = false } = options;
  if (!(temperature > 0))
    throw new RangeError(`score: temperature is ${temperature}, expected a number above 0.`);
  // Dropout gives every prompt and every completion a mask of its own.
  const dropout = options.dropoutSeed !== undefined;
  const { requests: asked, index } = dropout ? { requests, index: everyOne(requests) } : distinct(requests);
  const prompts = asked.map(({ prompt }) => prompt);
  const plan = scorePlan(asked, dropout ? 0 : sharedPrefix(prompts, model.config.tokens.image));
  return tf.tidy(() => {
    const images = requests.flatMap(({ prompt }) => prompt.images);
    const states = hiddenStates(model, images, plan.ids, plan.positions, plan.pattern, plan.rows);
    const { text } = model.config;
    const hidden = rmsNorm(states, model.weights.norm, text.normEpsilon);
    const both = tokenLogProbs(hidden, model.weights.head, tf.tensor1d(plan.targets, 'int32'), temperature);
    const rectangle = new Rectangle(plan.lengths, index);
    const shape: [number, number] = [rectangle.height, rectangle.width];
    const [logProbs, entropies] = tf.split(both, 2, 0).map((part) => {
      return tf.reshape(rectangle.fill(tf.reshape(part, [-1])), shape);
    }) as [tf.Tensor2D, tf.Tensor2D];
    const scores = { logProbs, entropies, mask: rectangle.mask() };
    if (!wantsHidden) return scores;
    return {
      ...scores,
      hidden: tf.reshape(rectangle.fill(hidden), [...shape, text.hiddenSize]) as tf.Tensor3D,
    };
  });
}

function everyOne(requests: readonly ScoreRequest[]): number[] {
  return requests.flatMap(({ completions }) => [...completions]).map((_, index) => index);
}
