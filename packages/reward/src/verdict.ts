/** Whether an answer equals its reference, and why. */
export interface MathVerdict {
  readonly equal: boolean;
  /** One sentence. */
  readonly why: string;
}
