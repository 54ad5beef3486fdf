/** An encoded picture, read on request only. */
export interface ImageSource {
  /** File name or place of origin, for messages. */
  readonly name: string;
  /** The encoded file's bytes (PNG, JPEG, …). */
  bytes(): Promise<Uint8Array>;
}

/** One turn of a conversation. */
export interface Turn {
  readonly role: 'system' | 'user' | 'assistant';
  /** `<image>` marks the places of pictures. */
  readonly text: string;
}

/** One question with its pictures and reference answer. */
export interface Sample {
  /** The row's own id where it has one, else `file:number`, counted from 1. With the epoch it seeds everything drawn for the sample. */
  readonly id: string;
  /** Text of the question; `<image>` marks the places of the pictures, when it says them. */
  readonly question: string;
  /**
   * The whole conversation, where it is more than the question: system turns, earlier turns, and as the last one the beginning
   * of the answer where it is the assistant's. The question is the user's last turn.
   */
  readonly turns?: readonly Turn[];
  /** Reference answer; empty only where the data set was opened with `answers: 'optional'`. */
  readonly answer: string;
  readonly images: readonly ImageSource[];
  /** Where the row says that it comes from. */
  readonly source?: string;
  /** Columns that the layout keeps: options, units, categories. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}
