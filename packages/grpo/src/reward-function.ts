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
  /** Id of the sample. */
  readonly id?: string;
  /** Where the sample's row says that it comes from. */
  readonly source?: string;
  /** Columns of the sample's row that its data set keeps: boxes, units, categories. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Pictures of the question, as encoded files (PNG, JPEG, …) that are read when asked for. */
  readonly images?: readonly { readonly name: string; bytes(): Promise<Uint8Array> }[];
  /** All completions of the group, this one among them, in their order. */
  readonly group?: readonly string[];
  /** Place of this completion in `group`. */
  readonly index?: number;
  /** Asks the policy that is trained a question without a picture; it answers with its likeliest tokens. */
  readonly ask?: (question: string) => Promise<string>;
}

/** A reward and what it is made of. */
export interface RewardResult {
  /** The number that becomes an advantage. NaN: the completion could not be judged, and teaches nothing. */
  readonly reward: number;
  /** Unweighted parts. `accuracy` is what gates and filters use: 1 correct, 0 not. */
  readonly parts: { readonly accuracy: number; readonly format: number; readonly [part: string]: number };
  /** One sentence: why it was judged so. */
  readonly why?: string;
}

/** Judges a completion. `@cppo/reward` makes such functions; any other of this shape will do. */
export type RewardFunction = (input: RewardInput) => RewardResult | Promise<RewardResult>;
