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
  /** How often all groups are gone through. Default 1. */
  readonly epochs?: number;
  /** The order of the groups in an epoch, a permutation of their indices. Default as given. */
  readonly order?: (epoch: number) => readonly number[];
}

/**
 * Several optimiser steps on one batch of rollouts. After the first, the policy is no longer the one that sampled: the
 * ratio and its clip are for that. A last mini-batch may be smaller.
 *
 * @returns the report of each step.
 * @throws RangeError when an option is out of range; whatever `trainingStep` throws.
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
