import { decodeImage } from '@cppo/perturb';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { UserError } from '@cppo/run';
import { type ChatModel, type ChatServer, serveChat } from '@cppo/serve';
import { bounded, contextOf, decoding, type PictureSettings, type Showing, settle } from '@cppo/training';
import type { PromptEncoder, TrainedPolicy } from '../components/index.js';
import { type ModelChoice, openModel } from './open-model.js';

interface ServeOptions extends ModelChoice, PictureSettings {
  readonly model: string;
  readonly name?: string;
  readonly port: number;
  readonly host: string;
  readonly atOnce: number;
  readonly maxTokens: number;
}

/** A prompt of a length that memory is set aside for. */
const usualPrompt = { tokens: 1024, patches: 4096 };

/** `cppo serve`: a model over the chat interface of OpenAI, until it is stopped. */
export async function serve(options: ServeOptions): Promise<void> {
  const { model: source, name = source, port, host, atOnce, maxTokens } = options;
  const model = await openModel(source, options, ['generate', 'tokenizer.decode']);
  const showing = settle({ ...options, template: 'question', data: undefined }, model.encoder, '--');
  const policy = await model.load({
    prompt: usualPrompt,
    sampling: { prompts: atOnce, completions: 1, tokens: maxTokens },
  });
  const served = await listen(chatModel(name, model.encoder, policy, showing, maxTokens), {
    ...{ port, host, atOnce },
  });
  console.log(served.url);
  console.error('Ctrl-C ends.');
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  await served.close();
}

async function listen(
  model: ChatModel<EncodedPrompt>,
  options: { port: number; host: string; atOnce: number },
): Promise<ChatServer> {
  try {
    return await serveChat(model, options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UserError(`--port, --host: ${options.host}:${options.port} cannot be listened at (${code}).`);
  }
}

function chatModel(
  name: string,
  encoder: PromptEncoder,
  policy: TrainedPolicy,
  showing: Showing,
  maxTokens: number,
): ChatModel<EncodedPrompt> {
  return {
    name,
    context: contextOf(encoder),
    longest: maxTokens,
    encode: async (messages, pictures) => {
      const images = await Promise.all(
        pictures.map(async (bytes, i) => {
          try {
            return bounded(encoder, await decodeImage(bytes, decoding(showing)), showing);
          } catch (error) {
            throw new RangeError(`Picture ${i + 1}: ${(error as Error).message}`);
          }
        }),
      );
      const { minPixels, maxPixels } = showing;
      const pixels = { minPixels, maxPixels };
      const bound = minPixels !== undefined || maxPixels !== undefined;
      return encoder.encode({ messages, images, ...(bound && { pixels }) });
    },
    lengthOf: ({ ids }) => ids.length,
    generate: (prompts, sampling) => policy.generate(prompts, sampling),
    decode: (tokens) => policy.tokenizer.decode(tokens),
  };
}
