/** An encoded picture, read when asked for and not before. */
export interface ImageSource {
  /** File name or place of origin, for messages. */
  readonly name: string;
  /** The encoded file's bytes (PNG, JPEG, …). */
  bytes(): Promise<Uint8Array>;
}

/** One question with its pictures and reference answer. */
export interface Sample {
  /** The row's own id where it has one, else `set:row`. With the epoch it seeds everything drawn for the sample. */
  readonly id: string;
  /** Text of the question; `<image>` marks the places of the pictures, when it says them. */
  readonly question: string;
  /** Reference answer; empty only where the data set was opened with `answers: 'optional'`. */
  readonly answer: string;
  readonly images: readonly ImageSource[];
  /** Where the row says that it comes from. */
  readonly source?: string;
  /** Columns that the layout keeps: options, units, categories. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}
