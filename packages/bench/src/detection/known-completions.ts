import type { RgbImage } from '@cppo/perturb';
import { createReward } from '@cppo/reward';
import { evaluate, type Generator } from '../evaluate/evaluate.js';
import { readChain } from '../evaluate/read-chain.js';
import type { asPromptSample } from '../tasks/draw-samples.js';
import { tokensInSpans } from './detection-quality.js';

/** A sample of a built-in task, which knows where its perception tokens are. */
export type KnownSample = ReturnType<typeof asPromptSample>;

/** A question of a built-in task as a policy takes it. */
export interface KnownPrompt<P> {
  readonly sample: KnownSample;
  /** Its pictures as the policy sees them. */
  readonly images: readonly RgbImage[];
  readonly encoded: P;
  /** The same question about other pictures of the same sizes. */
  encode(images: readonly RgbImage[]): P;
}

/** How a policy writes: what detection needs of a tokenizer. */
export interface Writing {
  readonly tokenizer: {
    encode(text: string): ArrayLike<number>;
    decode(ids: readonly number[]): string;
  };
  /** The token that ends an answer. */
  readonly endToken: number;
}

/** A completion whose perception tokens are known. */
export interface KnownCompletion {
  readonly tokens: Int32Array;
  /** Per token, whether it holds a character that only the picture gives. */
  readonly truth: readonly boolean[];
}

/** A question with some completions. */
export interface KnownQuestion<P> {
  readonly prompt: KnownPrompt<P>;
  readonly completions: readonly KnownCompletion[];
}

/** The reference replies, each with the end token. */
export function referenceCompletions<P>(
  writing: Writing,
  prompts: readonly KnownPrompt<P>[],
): KnownQuestion<P>[] {
  return prompts.map((prompt) => {
    const { reference, perception } = prompt.sample;
    return { prompt, completions: [known(writing, reference, perception)] };
  });
}

/** The model's own replies that are right and have the form of the reference, each text once. */
export async function rightCompletions<P>(
  policy: Generator<P>,
  writing: Writing,
  prompts: readonly KnownPrompt<P>[],
  options: { readonly samples: number; readonly maxTokens: number; readonly seed: number },
): Promise<KnownQuestion<P>[]> {
  const { outcomes } = await evaluate({
    policy,
    samples: prompts.map(({ sample }, place) => ({ ...sample, id: String(place) })),
    encode: ({ id }) => prompts[Number(id)]!.encoded,
    reward: createReward(),
    samplesPerQuestion: options.samples,
    maxTokens: options.maxTokens,
    seed: options.seed,
  });
  return outcomes.flatMap(({ answers }, i) => {
    const prompt = prompts[i]!;
    const { reference, perception } = prompt.sample;
    const right = new Set(
      answers.filter(({ accuracy, truncated }) => accuracy > 0.5 && !truncated).map(({ text }) => text),
    );
    const completions = [...right].flatMap((text) => {
      const values = readChain(text, reference, perception);
      // An answer that is right although a value was misread is no evidence of what was seen.
      if (values === undefined || values.some(({ expected, found }) => expected !== found)) return [];
      return [
        known(
          writing,
          text,
          values.map(({ span }) => span),
        ),
      ];
    });
    return completions.length === 0 ? [] : [{ prompt, completions }];
  });
}

function known(
  { tokenizer, endToken }: Writing,
  text: string,
  spans: readonly (readonly [number, number])[],
): KnownCompletion {
  const ids = Array.from(tokenizer.encode(text));
  const pieces = ids.map((id) => tokenizer.decode([id]));
  return {
    tokens: Int32Array.from([...ids, endToken]),
    truth: [...tokensInSpans(pieces, spans), false],
  };
}
