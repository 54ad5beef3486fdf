import { type asPromptSample, evaluate, readChain, tokensInSpans } from '@cppo/bench';
import type { EncodedPrompt, QwenPolicy } from '@cppo/policy-qwen';
import { createReward } from '@cppo/reward';
import type { Prompt } from '@cppo/training';

/** A sample of a built-in task, which knows where its perception tokens are. */
export type KnownSample = ReturnType<typeof asPromptSample>;

/** A completion whose perception tokens are known. */
export interface KnownCompletion {
  readonly tokens: Int32Array;
  /** Per token, whether it holds a character that only the picture gives. */
  readonly truth: readonly boolean[];
}

/** A question with some completions. */
export interface KnownQuestion {
  readonly prompt: Prompt<EncodedPrompt>;
  readonly completions: readonly KnownCompletion[];
}

/** The reference replies, each with the end token. */
export function referenceCompletions(
  policy: QwenPolicy,
  prompts: readonly Prompt<EncodedPrompt>[],
): KnownQuestion[] {
  return prompts.map((prompt) => {
    const { reference, perception } = prompt.sample as unknown as KnownSample;
    return { prompt, completions: [known(policy, reference, perception)] };
  });
}

/** The model's own replies that are right and have the form of the reference, each text once. */
export async function rightCompletions(
  policy: QwenPolicy,
  prompts: readonly Prompt<EncodedPrompt>[],
  options: { readonly samples: number; readonly maxTokens: number; readonly seed: number },
): Promise<KnownQuestion[]> {
  const byId = new Map<string, EncodedPrompt>(prompts.map(({ sample, encoded }) => [sample.id, encoded]));
  const samples = prompts.map(({ sample }) => sample as unknown as KnownSample);
  const { outcomes } = await evaluate({
    policy,
    samples,
    encode: ({ id }) => byId.get(id) as EncodedPrompt,
    reward: createReward(),
    samplesPerQuestion: options.samples,
    maxTokens: options.maxTokens,
    seed: options.seed,
  });
  return outcomes.flatMap(({ answers }, i) => {
    const { reference, perception } = samples[i]!;
    const right = new Set(
      answers.filter(({ accuracy, truncated }) => accuracy > 0.5 && !truncated).map(({ text }) => text),
    );
    const completions = [...right].flatMap((text) => {
      const values = readChain(text, reference, perception);
      // Right by luck, with a value misread, says nothing about what was seen.
      if (values === undefined || values.some(({ expected, found }) => expected !== found)) return [];
      return [
        known(
          policy,
          text,
          values.map(({ span }) => span),
        ),
      ];
    });
    return completions.length === 0 ? [] : [{ prompt: prompts[i]!, completions }];
  });
}

function known(
  { tokenizer }: QwenPolicy,
  text: string,
  spans: readonly (readonly [number, number])[],
): KnownCompletion {
  const ids = tokenizer.encode(text);
  const pieces = Array.from(ids, (id) => tokenizer.decode([id]));
  return {
    tokens: Int32Array.from([...ids, tokenizer.tokenId('<|im_end|>')]),
    truth: [...tokensInSpans(pieces, spans), false],
  };
}
