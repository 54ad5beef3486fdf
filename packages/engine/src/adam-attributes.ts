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
