import type { Distance } from '@cppo/contrastive-loss';
import type { TokenDistance } from '@cppo/cppo';
import { asHead, type HeadWeight, type TokenScores } from '@cppo/grpo';
import { ones, type Rank, randomNormal, randomUniform, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import type { Blame } from './blame.js';
import { distanceCarriesGradient, isTensor } from './gradient-check.js';
import { aKind } from './kinds.js';

/**
 * Wraps a custom distance so that malformed results, and results without a gradient, are reported as its
 * error.
 *
 * @param distance a distance between token distributions.
 * @param blame names its module in messages.
 * @returns the same distance; it throws a ModuleError.
 */
export function checkedDistance(distance: TokenDistance, blame: Blame): TokenDistance {
  let learns = false;
  const checked: TokenDistance = (anchor, view, context) => {
    const expected = `a [B, T] tensor, here [${anchor.mask.shape}]`;
    const measure = (from: TokenScores, to: TokenScores): Tensor2D => {
      const found: unknown = blame.now('it', expected, () => distance(from, to, context));
      if (!isTensor(found)) throw blame.wrong('it', aKind(found), expected);
      if (`${found.shape}` !== `${anchor.mask.shape}`)
        throw blame.wrong('it', `a tensor of shape [${found.shape}]`, expected);
      return found as Tensor2D;
    };
    learns ||= distanceCarriesGradient(measure, anchor, view, blame);
    if (!learns) {
      throw blame.error(
        'what it gives has no gradient, so nothing could be learnt from it; expected operations of TensorFlow.js all the way from log-probabilities, entropies or hidden states (no dataSync, no rounding)',
      );
    }
    return measure(anchor, view);
  };
  return Object.assign(checked, { hidden: distance.hidden === true });
}

/**
 * Runs a custom distance on made-up scores, to find mistakes before a run starts. Needs an engine.
 *
 * @param distance a built-in's name, which needs no trial, or a custom distance.
 * @param headWeight [V, D] output embedding of the policy.
 * @param temperature divisor of the logits.
 * @throws ModuleError when the result is malformed or has no gradient.
 */
export function tryDistance(
  distance: Distance | TokenDistance,
  headWeight: HeadWeight,
  temperature: number,
): void {
  if (typeof distance === 'string') return;
  tidy(() => {
    const scores = (seed: number): TokenScores => ({
      logProbs: randomUniform<Rank.R2>([2, 3], -3, -0.1, 'float32', seed),
      entropies: randomUniform<Rank.R2>([2, 3], 0.1, 3, 'float32', seed),
      mask: ones([2, 3]),
      ...(distance.hidden && {
        hidden: randomNormal<Rank.R3>([2, 3, headWeight.shape[1]], 0, 1, 'float32', seed),
      }),
    });
    distance(scores(1), scores(2), { temperature, headWeight: asHead(headWeight) });
  });
}
