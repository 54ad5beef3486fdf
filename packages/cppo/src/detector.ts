/** What a detector is given: the gated completions of one group. */
export interface DetectionInput {
  /** Entropy of each token of each completion under the original image, nats. */
  readonly entropy: readonly ArrayLike<number>[];
  /** The same under the first information-removing view. */
  readonly removedEntropy: readonly ArrayLike<number>[];
  /** Log-probability ℓ of each token under the original image, nats. */
  readonly logProbs: readonly ArrayLike<number>[];
  /** The same under the first information-removing view, ℓ⁻. */
  readonly removedLogProbs: readonly ArrayLike<number>[];
  /** Token ids of each completion. */
  readonly tokens: readonly ArrayLike<number>[];
  /** 1 on the tokens of each completion that are known to come from the picture; nothing where the data do not say. */
  readonly known?: readonly ArrayLike<number>[] | undefined;
  /** Seed of random draws: the `seed` of the group. */
  readonly seed: number;
}

/** Finds perception tokens: for each completion a mask, 1 on the tokens taken. */
export type Detector = (input: DetectionInput) => readonly ArrayLike<number>[];

/**
 * What a built-in detector ranks tokens by: `entropy` how much more uncertain the model is without the picture
 * (ΔH = H⁻ − H, the paper's), `shift` how far the log-probability of the token itself moves, either way
 * (k3 = e^δ − δ − 1 of δ = ℓ⁻ − ℓ, at most 10, as VPPO measures it).
 */
export type BuiltInDetector = 'entropy' | 'shift';

/** Figures per token of one gated completion. */
export interface PerceivedTokens {
  /** What the tokens were ranked by: ΔH = H⁻ − H, or k3 with the detector `shift`; nats. */
  readonly shift: Float64Array;
  /** 1 on perception tokens. */
  readonly mask: Uint8Array;
  /** CPL, nats; 0 where the mask is 0. */
  readonly loss: Float32Array;
}
