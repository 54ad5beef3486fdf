/** A turn as the chat interface has it, its pictures as data addresses. */
export interface ChatTurn {
  readonly role: string;
  readonly content: readonly (
    | { readonly type: 'text'; readonly text: string }
    | { readonly type: 'image_url'; readonly image_url: { readonly url: string } }
  )[];
}

/** What is to be sampled. */
export interface StandInQuestion {
  /** Directory of the adapter; undefined for the model by itself. */
  readonly adapter: string | undefined;
  /** A conversation as the chat interface has it, its pictures as data addresses; or token ids. */
  readonly prompt:
    | { readonly messages: readonly ChatTurn[]; readonly continued: boolean }
    | { readonly ids: readonly number[] };
  /** PNG files in their order. */
  readonly pictures: readonly Uint8Array[];
  readonly completions: number;
  readonly maxTokens: number;
  readonly temperature: number;
  /** Undefined where the protocol has none. */
  readonly seed: number | undefined;
  readonly stopIds: readonly number[];
}

/** What it samples. */
export interface StandInAnswer {
  /** The whole prompt, with the image tokens of each picture. */
  readonly promptIds: readonly number[];
  readonly completions: readonly {
    readonly tokens: readonly number[];
    /** Nats, at the temperature of the request. */
    readonly logProbs: readonly number[];
    /** Nats at temperature 1, for the fault of that name. */
    readonly rawLogProbs?: readonly number[];
    /** The length limit ended it. */
    readonly truncated: boolean;
  }[];
}

/** What answers behind the protocol. */
export interface StandInModel {
  /** Under which it is served. */
  readonly name: string;
  generate(question: StandInQuestion): StandInAnswer | Promise<StandInAnswer>;
}
