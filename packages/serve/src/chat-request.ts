import { z } from 'zod';
import type { ChatMessage, ChatPart } from './chat-model.js';
import { ProtocolError } from './protocol-error.js';

const part = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('text'), text: z.string() }),
    z.strictObject({
      type: z.literal('image_url'),
      image_url: z.strictObject({ url: z.string(), detail: z.literal('auto').optional() }),
    }),
  ],
  {
    error: ({ input }) =>
      `found a part of type ${JSON.stringify((input as { type?: unknown } | undefined)?.type)}, expected text or image_url`,
  },
);

const schema = z.strictObject({
  model: z.string(),
  messages: z
    .array(
      z.strictObject({
        role: z.enum(['system', 'user', 'assistant']),
        // Not a union: that would not say which part is wrong.
        content: z.preprocess(
          (content) => (typeof content === 'string' ? [{ type: 'text', text: content }] : content),
          z.array(part).min(1),
        ),
      }),
    )
    .min(1),
  max_tokens: z.int().positive().optional(),
  max_completion_tokens: z.int().positive().optional(),
  temperature: z.number().min(0).max(2).default(1),
  top_p: z.number().gt(0).max(1).optional(),
  top_k: z.int().positive().optional(),
  n: z.int().min(1).max(64).default(1),
  seed: z.int().min(0).optional(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(4)]).nullish(),
  stream: z.boolean().default(false),
  stream_options: z.strictObject({ include_usage: z.boolean().default(false) }).nullish(),
  logprobs: z.boolean().default(false),
  // What clients send by habit, where it asks for nothing.
  top_logprobs: z.literal(0).nullish(),
  frequency_penalty: z.literal(0).nullish(),
  presence_penalty: z.literal(0).nullish(),
  response_format: z.strictObject({ type: z.literal('text') }).nullish(),
  user: z.string().optional(),
});

/** A request for completions that is in order. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly pictures: readonly Uint8Array[];
  /** As many as there is room for when left out. */
  readonly maxTokens: number | undefined;
  readonly temperature: number;
  readonly topP: number | undefined;
  readonly topK: number | undefined;
  readonly completions: number;
  readonly seed: number | undefined;
  readonly stop: readonly string[];
  readonly stream: boolean;
  readonly withUsage: boolean;
  readonly withLogProbs: boolean;
}

/** @throws ProtocolError with status 400 that names the key, what was found and what is expected. */
export function readChatRequest(text: string): ChatRequest {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw new ProtocolError(400, 'The body is not JSON.');
  }
  const parsed = schema.safeParse(found, { reportInput: true });
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0] ?? { path: [], message: 'wrong' };
    const key = path.join('.');
    throw new ProtocolError(
      400,
      `${key === '' ? 'The body' : key}: ${message}.`,
      null,
      key === '' ? null : key,
    );
  }
  const request = parsed.data;
  const pictures: Uint8Array[] = [];
  const messages = request.messages.map(({ role, content }, at) => ({
    role,
    content: content.map((each, i): ChatPart => {
      if (each.type === 'text') return each;
      pictures.push(pictureOf(each.image_url.url, `messages.${at}.content.${i}.image_url.url`));
      return { type: 'image' };
    }),
  }));
  const { stop } = request;
  return {
    model: request.model,
    messages,
    pictures,
    maxTokens: request.max_completion_tokens ?? request.max_tokens,
    temperature: request.temperature,
    topP: request.top_p,
    topK: request.top_k,
    completions: request.n,
    seed: request.seed,
    stop: typeof stop === 'string' ? [stop] : (stop ?? []),
    stream: request.stream,
    withUsage: request.stream_options?.include_usage ?? false,
    withLogProbs: request.logprobs,
  };
}

/** Only pictures that come along: a server that fetched addresses would reach what its clients may not. */
function pictureOf(url: string, key: string): Uint8Array {
  const [, base64] = /^data:image\/[\w.+-]+;base64,([A-Za-z0-9+/]+={0,2})$/.exec(url) ?? [];
  if (base64 === undefined) {
    const found = JSON.stringify(url.slice(0, 40));
    throw new ProtocolError(400, `${key}: found ${found}, expected data:image/…;base64,….`, null, key);
  }
  return Buffer.from(base64, 'base64');
}
