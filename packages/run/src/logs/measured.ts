/** An accuracy, a share from 0 to 1, with its 95 % interval where one is known. */
export interface Measured {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}
