import { layout, real, sizes } from './layout.js';
import { floats, operation } from './operation.js';

/** Attributes of the kernel `CppoAdam`, a step of AdamW. */
export interface AdamAttributes {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled: the variable shrinks by learningRate · weightDecay. */
  readonly weightDecay: number;
  /** Number of the step, from 1. */
  readonly step: number;
}

/** The numbers of a step, as kernels read them. */
const numbers = {
  beta1: real(),
  beta2: real(),
  epsilon: real(),
  stepSize: real('η / (1 − β₁ᵗ).'),
  rootCorrection: real('1 / √(1 − β₂ᵗ).'),
  keep: real('1 − η·λ, the decoupled weight decay.'),
};

/** What enters a kernel of AdamW. */
export function adamNumbers(attributes: AdamAttributes): Readonly<Record<keyof typeof numbers, number>> {
  const { learningRate, beta1, beta2, epsilon, weightDecay, step } = attributes;
  return {
    ...{ beta1, beta2, epsilon, stepSize: learningRate / (1 - beta1 ** step) },
    rootCorrection: 1 / Math.sqrt(1 - beta2 ** step),
    keep: 1 - learningRate * weightDecay,
  };
}

export const adamLayout = layout('AdamStep', {
  ...sizes('variable', 'gradient', 'first', 'second'),
  ...sizes('newVariable', 'newFirst', 'newSecond'),
  ...sizes('size', 'sizePerTask'),
  ...numbers,
});

export const adamOperation = operation(
  'CppoAdam',
  floats('variable', 'gradient', 'first', 'second'),
  floats('nextVariable', 'nextFirst', 'nextSecond'),
  ['beta1', 'beta2', 'epsilon', 'stepSize', 'rootCorrection', 'keep'],
);
