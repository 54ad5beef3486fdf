import type { TokenDistance } from '@cppo/trainer';
import * as tf from '@tensorflow/tfjs-core';

/** Squared difference of the sampled token's log-probabilities; its gradient reaches both passes. */
export default function squared({ scale = 1 }: { scale?: number }): TokenDistance {
  return (anchor, view) => tf.mul(tf.squaredDifference(anchor.logProbs, view.logProbs), scale);
}
