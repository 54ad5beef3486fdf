import { groupAdvantages, policyLoss } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs';

// Two prompts with three completions each, and which of them were right.
const advantages = groupAdvantages([
  [1, 0, 0],
  [1, 1, 1],
]);
console.log(advantages.map((row) => Array.from(row, (a) => a.toFixed(2)).join(' ')).join(' | '));

// One token each: its log-probability now, and when it was sampled.
const { loss, metrics } = policyLoss({
  logProbs: tf.tensor2d([-0.5, -2.1, -1.4, -1, -1, -1], [6, 1]),
  oldLogProbs: tf.tensor2d([-0.8, -2, -1, -1, -1, -1], [6, 1]),
  advantages: tf.tensor1d(advantages.flatMap((row) => [...row])),
  mask: tf.ones([6, 1]),
});
console.log('loss', loss.dataSync()[0]!.toFixed(3));
console.log(
  'clipped',
  metrics.clippedHigh.dataSync()[0]!.toFixed(3),
  metrics.clippedLow.dataSync()[0]!.toFixed(3),
);
