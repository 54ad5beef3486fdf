/** Input of a reward function: one completion and the sample it answers. */
export interface RewardInput {
  /** The model's whole completion, decoded without special tokens. */
  readonly completion: string;
  /** The reference answer. */
  readonly answer: string;
  readonly question?: string;
  /** True when the length limit, not an end token, stopped the completion. */
  readonly truncated?: boolean;
  /** Number of tokens of the completion. */
  readonly tokens?: number;
  /** The length limit it was sampled under, in tokens. */
  readonly maxTokens?: number;
}

/** A reward and what it is made of. */
export interface RewardResult {
  /** The number that becomes an advantage. */
  readonly reward: number;
  /** Unweighted parts. `accuracy` is what gates and filters use: 1 correct, 0 not. */
  readonly parts: { readonly accuracy: number; readonly format: number; readonly [part: string]: number };
  /** One sentence: why it was judged so. */
  readonly why?: string;
}

export type RewardFunction = (input: RewardInput) => RewardResult | Promise<RewardResult>;
