import { requireNames } from '@cppo/checked-options';
import {
  type StepReport,
  type TrainingStepOptions,
  trainingStep,
  trainingStepNames,
} from './training-step.js';

export interface RolloutTrainingOptions<P> extends TrainingStepOptions<P> {
  /** Groups of one optimiser step. Default all: one step an epoch, on-policy the first time. */
  readonly miniBatch?: number;
  /** Passes over all groups. Default 1. */
  readonly epochs?: number;
  /** The order of the groups in an epoch, a permutation of their indices. Default as given. */
  readonly order?: (epoch: number) => readonly number[];
}

/**
 * Takes several optimiser steps on one batch of rollouts. After the first, the policy is no longer the one
 * that sampled, which the ratio and its clip account for. The last mini-batch may be smaller.
 *
 * @param options those of `trainingStep`, the size of a mini-batch in groups, and how many epochs.
 * @returns the report of each step, in order.
 * @throws RangeError when an option is out of range; whatever `trainingStep` throws.
 * @example
 * // A policy of one answer with log-probability w, taught to make it likelier.
 * const w = tf.variable(tf.tensor2d([[-1]]), true, 'w');
 * const score = () => ({ logProbs: w.mul(1), entropies: tf.zeros([1, 1]), mask: tf.ones([1, 1]) });
 * const policy = { variables: [w], score };
 * const completions = [{ tokens: [1], logProbs: [-1], text: 'yes', truncated: false }];
 * const judged = { completions, rewards: [1], accuracies: [1], advantages: [1] };
 * const groups = ['a', 'b'].map((id) => ({ id, prompt: id, ...judged }));
 * const optimizer = new AdamW([w]);
 * const training = { policy, groups, terms: [policyTerm()], optimizer, learningRate: 0.1 };
 * const reports = await trainOnRollouts({ ...training, miniBatch: 1 });
 * reports.length; // 2
 * w; // [[-0.7981]]
 */
export async function trainOnRollouts<P>(options: RolloutTrainingOptions<P>): Promise<StepReport[]> {
  requireNames('trainOnRollouts', options, {
    ...trainingStepNames,
    miniBatch: true,
    epochs: true,
    order: true,
  });
  const { miniBatch = Math.max(options.groups.length, 1), epochs = 1, order, ...step } = options;
  for (const [name, value] of Object.entries({ miniBatch, epochs })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`trainOnRollouts: ${name} is ${value}; expected a whole number above 0.`);
    }
  }
  const reports: StepReport[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const groups = order ? order(epoch).map((index) => step.groups[index]!) : step.groups;
    if (
      groups.length !== step.groups.length ||
      new Set(groups).size !== groups.length ||
      groups.includes(undefined as never)
    ) {
      throw new RangeError(
        `trainOnRollouts: order gave ${groups.length} indices; expected a permutation of ${step.groups.length}.`,
      );
    }
    for (let start = 0; start < groups.length; start += miniBatch) {
      reports.push(await trainingStep({ ...step, groups: groups.slice(start, start + miniBatch) }));
    }
  }
  return reports;
}
