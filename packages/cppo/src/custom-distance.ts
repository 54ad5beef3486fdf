import type { Branch, ContrastiveLossInput, ContrastiveLossOptions, Distance } from '@cppo/contrastive-loss';
import { asHead, type HeadWeight, type TokenScores, withoutGradient } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';
import type { ResolvedCppoOptions } from './cppo-options.js';
import type { ViewScores } from './score-views.js';
import type { TokenDistance } from './token-distance.js';

/** k1 and k3 use the sampled token only; the exact distances need the whole distribution. */
export function needsHidden(distance: Distance | TokenDistance): boolean {
  return typeof distance === 'string' ? distance === 'kl' || distance === 'js' : distance.hidden === true;
}

/** The distance, τ and gradients that the contrastive loss is to use. */
export function lossOptionsOf({
  distance,
  tau,
  gradients,
}: Pick<ResolvedCppoOptions, 'distance' | 'tau' | 'gradients'>): ContrastiveLossOptions {
  // A custom distance decides where gradients flow: its inputs carry them or not.
  return typeof distance === 'string' ? { distance, tau, gradients } : { distance: 'k1', tau };
}

/** What the contrastive loss compares, but for the mask. */
export type ComparedPasses = Omit<ContrastiveLossInput, 'mask'>;

/**
 * The three passes as the contrastive loss takes them. A custom distance enters it as log-probabilities, whose k1 it is:
 *
 *   ℓ_anchor = 0,   ℓ_view = −D(anchor, view),   k1 = ℓ_anchor − ℓ_view = D
 *
 * @throws RangeError when a custom distance gives another shape than [B, T].
 */
export function passesToCompare(
  { anchor, positive, negatives }: ViewScores & { readonly anchor: TokenScores },
  { headWeight, temperature }: { readonly headWeight: HeadWeight; readonly temperature: number },
  { distance, gradients }: Pick<ResolvedCppoOptions, 'distance' | 'gradients'>,
): ComparedPasses {
  if (typeof distance === 'string') return { anchor, positive, negatives, headWeight };
  const from = gradients.anchor ? anchor : withoutGradient(() => anchor);
  const context = { temperature, headWeight: asHead(headWeight) };
  const at = (view: TokenScores): Branch => {
    const found = distance(from, view, context);
    if (`${found?.shape}` !== `${anchor.mask.shape}`) {
      throw new RangeError(
        `cppoTerm: the distance gave [${found?.shape}]; expected [B, T], here [${anchor.mask.shape}].`,
      );
    }
    return { logProbs: tf.neg(found) as tf.Tensor2D };
  };
  return {
    anchor: { logProbs: tf.zerosLike(anchor.logProbs) },
    positive: at(positive),
    negatives: negatives.map(at),
    headWeight,
  };
}
