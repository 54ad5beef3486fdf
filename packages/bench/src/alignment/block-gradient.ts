import { type LossTerm, type Policy, type RewardedGroup, trainingStep } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';

/** How gradients are computed. */
export interface GradientSettings<P> {
  readonly policy: Policy<P>;
  /** Groups of one pass. */
  readonly microBatch: number;
  readonly temperature: number;
}

/** The gradient of some terms over one block, and the figures of the step that it would have been. */
export interface TermsGradient {
  /** By variable, in their order. */
  readonly parts: readonly Float32Array[];
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * The gradient of loss terms over a block of groups, as a training step would apply it but for the clipping: the same
 * code, passes and memory, without moments.
 *
 * @throws Error when it is not finite.
 */
export async function blockGradient<P>(
  { policy, microBatch, temperature }: GradientSettings<P>,
  groups: readonly RewardedGroup<P>[],
  terms: readonly LossTerm<P>[],
): Promise<TermsGradient> {
  const taken = new Map<string, tf.Tensor>();
  const { metrics, skipped } = await trainingStep({
    ...{ policy, groups, terms, microBatch, temperature },
    learningRate: 1,
    maxGradientNorm: Number.POSITIVE_INFINITY,
    optimizer: {
      apply: (gradients) => {
        for (const [name, gradient] of Object.entries(gradients)) taken.set(name, tf.keep(gradient.clone()));
      },
    },
  });
  if (skipped !== undefined && metrics['groups/scored'] !== 0) {
    throw new Error(`blockGradient: ${terms.map(({ name }) => name).join(', ')}: ${skipped}`);
  }
  const parts: Float32Array[] = [];
  for (const { name, size } of policy.variables) {
    const gradient = taken.get(name);
    parts.push(gradient === undefined ? new Float32Array(size) : await gradient.data<'float32'>());
  }
  tf.dispose([...taken.values()]);
  return { parts, metrics };
}
