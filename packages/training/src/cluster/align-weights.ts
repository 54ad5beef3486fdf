import { type AdamW, type AdamWMoments, alone, type Cluster } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';
import type { Session } from '../contract/parts.js';
import type { Encoded } from '../contract/policy.js';
import { weightsChecksum } from './checksum.js';

/**
 * Brings the learners of a run to the same weights and moments where they are not: processors of different kinds may round
 * the same update differently. All take those of the first.
 *
 * @param session policy, optimiser and cluster.
 * @returns whether they differed.
 */
export async function alignWeights<P extends Encoded>({
  policy,
  optimizer,
  cluster = alone,
}: Pick<Session<P>, 'policy' | 'optimizer' | 'cluster'>): Promise<boolean> {
  // One learner has nothing to compare, and hashes nothing.
  if (cluster.size === 1) return false;
  const [first, ...others] = await cluster.gather(await weightsChecksum(policy));
  if (others.every((other) => other === first)) return false;
  for (const variable of policy.variables) {
    const values = await ofTheFirst(cluster, await variable.data<'float32'>());
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  await alignMoments(cluster, optimizer);
  return true;
}

async function alignMoments(cluster: Cluster, optimizer: AdamW): Promise<void> {
  const state = optimizer.state();
  const moments = async function* (): AsyncGenerator<AdamWMoments> {
    for await (const { name, first, second } of state.moments) {
      yield { name, first: await ofTheFirst(cluster, first), second: await ofTheFirst(cluster, second) };
    }
  };
  await optimizer.restore({ ...state, moments: moments() });
}

/** A sum to which the others bring nothing. */
function ofTheFirst(cluster: Cluster, values: Float32Array): Promise<Float32Array> {
  return cluster.sum(cluster.rank === 0 ? values.slice() : new Float32Array(values.length));
}
