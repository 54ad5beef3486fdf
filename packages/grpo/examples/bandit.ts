/** GRPO on a toy: a slot machine with five levers, one of which pays. Learns in a second. */
import { AdamW, type Policy, policyTerm, rewardGroups, rollout, trainingStep } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs';

const LEVERS = 5;
const preferences = tf.variable(tf.zeros<tf.Rank.R2>([1, LEVERS]));
const sumRows = (tensor: tf.Tensor): tf.Tensor2D => tf.sum(tensor, 1, true);

/** A completion is one token, the lever; there is nothing to read in a prompt. */
const policy: Policy<null> = {
  variables: [preferences],
  headWeight: tf.zeros([LEVERS, 1]),
  score(requests) {
    const levers = requests.flatMap(({ completions }) => completions.map(([lever]) => lever!));
    const chosen = tf.oneHot(tf.tensor1d(levers, 'int32'), LEVERS, 1, 0, 'float32');
    const logProbs = tf.logSoftmax(preferences);
    const mask: tf.Tensor2D = tf.ones([levers.length, 1]);
    const entropy = tf.neg(sumRows(tf.mul(tf.exp(logProbs), logProbs)));
    return { logProbs: sumRows(tf.mul(chosen, logProbs)), entropies: tf.mul(mask, entropy), mask };
  },
  async generate(prompts, { completions, seed }) {
    const logProbs = tf.tidy(() => tf.logSoftmax(preferences).dataSync());
    const levers = tf.tidy(() => tf.multinomial(preferences, completions, seed).dataSync());
    const pulled = Array.from(levers, (lever) => ({
      tokens: Int32Array.of(lever),
      logProbs: Float32Array.of(logProbs[lever]!),
      text: String(lever),
      truncated: false,
    }));
    return prompts.map(() => pulled);
  },
};

/** Returns the share of levers that paid, for every step. */
export async function learn(steps = 60): Promise<number[]> {
  const optimizer = new AdamW(policy.variables, { weightDecay: 0 });
  const paid: number[] = [];
  for (let seed = 0; seed < steps; seed++) {
    const prompts = [{ id: 'machine', prompt: null }];
    const groups = await rewardGroups({
      groups: await rollout({ policy, prompts, completions: 16, maxTokens: 1, seed }),
      sample: () => ({ answer: '3' }),
      reward({ completion, answer }) {
        const accuracy = completion === answer ? 1 : 0;
        return { reward: accuracy, parts: { accuracy, format: 1 } };
      },
    });
    await trainingStep({ policy, groups, terms: [policyTerm()], optimizer, learningRate: 0.1 });
    paid.push(groups[0]!.rewards.reduce((sum, reward) => sum + reward, 0) / 16);
  }
  return paid;
}
