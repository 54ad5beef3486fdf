import { encodeQuestion, type PictureSettings } from '@cppo/training';
import { type ModelChoice, openWithImages } from './open-model.js';

interface GenerateOptions extends ModelChoice, PictureSettings {
  readonly model: string;
  readonly image: readonly string[];
  readonly prompt: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly repetitionPenalty?: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** `cppo generate`: one answer, written as it is sampled. */
export async function generate(options: GenerateOptions): Promise<void> {
  const { model, images, showing } = await openWithImages(options, ['generate', 'tokenizer.decode']);
  const prompt = encodeQuestion(model.encoder, options.prompt, images, showing);
  const sampling = { prompts: 1, completions: 1, tokens: options.maxTokens };
  const policy = await model.load({ prompt: model.sizeOf(prompt), sampling });
  const streamed: number[] = [];
  let shown = '';
  const [sampled] = await policy.generate([prompt], {
    completions: 1,
    maxTokens: options.maxTokens,
    temperature: options.temperature,
    seed: options.seed,
    ...(options.topP === undefined ? {} : { topP: options.topP }),
    ...(options.topK === undefined ? {} : { topK: options.topK }),
    ...(options.repetitionPenalty === undefined ? {} : { repetitionPenalty: options.repetitionPenalty }),
    ...(options.json
      ? {}
      : {
          onToken: ({ token }: { token: number }) => {
            // Decoded whole each time: a character can take several tokens.
            streamed.push(token);
            const text = policy.tokenizer.decode(streamed);
            if (text.endsWith('\ufffd')) return;
            process.stdout.write(text.slice(shown.length));
            shown = text;
          },
        }),
  });
  const completion = sampled![0]!;
  if (options.json) {
    const { text, tokens, truncated } = completion;
    console.log(JSON.stringify({ text, tokens: Array.from(tokens), truncated }));
  } else {
    process.stdout.write(`${completion.text.slice(shown.length)}\n`);
  }
}
