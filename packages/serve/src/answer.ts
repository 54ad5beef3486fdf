import type { Sampled, SampledToken } from './chat-model.js';

/** A token as it was sampled. */
export type LoggedToken = Pick<SampledToken, 'token' | 'logProb'>;

/** The text of a completion as it grows: held back where it may still become another one or a stop text. */
export class GrowingText {
  private readonly tokens: number[] = [];
  private sent = 0;

  constructor(
    private readonly decode: (tokens: number[]) => string,
    private readonly stop: readonly string[],
  ) {}

  /** @returns the text that can be told by now and was not. */
  add(token: number): string {
    // Decoded whole each time: a character can take several tokens.
    this.tokens.push(token);
    const text = this.decode(this.tokens);
    const cut = cutAt(text, this.stop);
    const held = text.endsWith('\ufffd')
      ? text.length
      : Math.max(0, ...this.stop.map(({ length }) => length - 1));
    return this.upTo(cut ?? text.slice(0, Math.max(0, text.length - held)));
  }

  /** @returns what is left of the whole text. */
  finish(text: string): string {
    return this.upTo(cutAt(text, this.stop) ?? text);
  }

  private upTo(text: string): string {
    const fresh = text.slice(this.sent);
    this.sent = Math.max(this.sent, text.length);
    return fresh;
  }
}

/** The text before the first stop text; nothing when there is none in it. */
export function cutAt(text: string, stop: readonly string[]): string | undefined {
  const found = stop.map((each) => text.indexOf(each)).filter((at) => at >= 0);
  return found.length === 0 ? undefined : text.slice(0, Math.min(...found));
}

/** Why it ended, in the protocol's words. */
export function finishReason({ truncated, text }: Sampled, stop: readonly string[]): 'length' | 'stop' {
  return truncated && cutAt(text, stop) === undefined ? 'length' : 'stop';
}

/** Log-probabilities of tokens as the protocol has them. */
export function logProbsOf(tokens: readonly LoggedToken[], decode: (tokens: number[]) => string): object {
  return {
    content: tokens.map(({ token, logProb }) => {
      const text = decode([token]);
      return { token: text, logprob: logProb, bytes: [...Buffer.from(text)], top_logprobs: [] };
    }),
  };
}
