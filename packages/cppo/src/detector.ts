/** What a detector is given: the gated completions of one group. */
export interface DetectionInput {
  /** Entropy of each token of each completion under the original image, nats. */
  readonly entropy: readonly ArrayLike<number>[];
  /** The same under the first information-removing view. */
  readonly removedEntropy: readonly ArrayLike<number>[];
  /** Token ids of each completion. */
  readonly tokens: readonly ArrayLike<number>[];
  /** Seed of random draws: the `seed` of the group. */
  readonly seed: number;
}

/** Finds perception tokens: for each completion a mask, 1 on the tokens taken. */
export type Detector = (input: DetectionInput) => readonly ArrayLike<number>[];

/** Figures per token of one gated completion. */
export interface PerceivedTokens {
  /** ΔH = H⁻ − H, nats. */
  readonly shift: Float64Array;
  /** 1 on perception tokens. */
  readonly mask: Uint8Array;
  /** CPL, nats; 0 where the mask is 0. */
  readonly loss: Float32Array;
}
