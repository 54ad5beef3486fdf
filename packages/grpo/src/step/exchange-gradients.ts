import * as tf from '@tensorflow/tfjs-core';
import type { Cluster } from '../cluster/cluster.js';
import type { GradientSums } from './gradient-sums.js';

/**
 * Adds up the gradients of all learners, in one buffer that has the order of the variables.
 *
 * A learner may have no group, or none that reaches some variable: a variable gets a gradient where any learner has one.
 *
 * @param broken why this learner has nothing to apply, where it has not.
 * @returns why no learner may apply anything: the first such reason.
 */
export async function exchangeGradients(
  cluster: Cluster,
  variables: readonly tf.Variable[],
  sums: GradientSums,
  broken: string | undefined,
): Promise<string | undefined> {
  const states = await cluster.gather({
    broken,
    reached: variables.map(({ name }) => sums.gradients[name] !== undefined),
  });
  const reason = states.find((state) => state.broken !== undefined)?.broken;
  // Nothing to add to what one learner has: its gradients stay on the device.
  if (reason !== undefined || cluster.size === 1) return reason;
  const reached = variables.filter((_, i) => states.some((state) => state.reached[i]));
  const flat = new Float32Array(reached.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const { name, size } of reached) {
    const values = await sums.gradients[name]?.data<'float32'>();
    if (values !== undefined) flat.set(values, at);
    at += size;
  }
  sums.dispose();
  await cluster.sum(flat);
  at = 0;
  for (const { name, size, shape } of reached) {
    sums.gradients[name] = tf.tensor(flat.slice(at, at + size), shape);
    at += size;
  }
  return undefined;
}
