import type { PictureSettings } from '../samples/showing.js';
import { type EngineChoice, encodeFor, openWithImages } from './open-model.js';

interface GenerateOptions extends EngineChoice, PictureSettings {
  readonly model: string;
  readonly image: readonly string[];
  readonly prompt: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** `cppo generate`: one answer, written as it is sampled. */
export async function generate(options: GenerateOptions): Promise<void> {
  const { policy, images, showing } = await openWithImages(options);
  const streamed: number[] = [];
  let shown = '';
  const [sampled] = await policy.generate([encodeFor(policy, options.prompt, images, showing)], {
    completions: 1,
    maxTokens: options.maxTokens,
    temperature: options.temperature,
    seed: options.seed,
    ...(options.topP === undefined ? {} : { topP: options.topP }),
    ...(options.topK === undefined ? {} : { topK: options.topK }),
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
