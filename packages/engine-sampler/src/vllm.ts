import { z } from 'zod';
import { EngineError } from './engine-error.js';
import { dataUrl, type Protocol } from './protocol.js';
import type { Question } from './question.js';
import { readReply } from './read-reply.js';

const ids = z.array(z.int().min(0));

const reply = z.looseObject({
  model: z.string(),
  prompt_token_ids: ids,
  choices: z.array(
    z.looseObject({
      index: z.int().min(0),
      token_ids: ids,
      finish_reason: z.string(),
      logprobs: z.looseObject({ content: z.array(z.looseObject({ logprob: z.number() })) }),
    }),
  ),
});

/** vLLM 0.10.2 or newer: its chat interface, with the ids of all tokens. */
export const vllm: Protocol = {
  name: 'vllm',
  flags:
    '--enable-lora --max-loras 2 --logprobs-mode processed_logprobs, and VLLM_ALLOW_RUNTIME_LORA_UPDATING=1',
  ask: (question) => ({
    path: '/v1/chat/completions',
    body: {
      model: question.adapter,
      messages: messagesOf(question),
      // An answer that has begun is continued, not followed by another.
      add_generation_prompt: question.shown.continueFinalMessage !== true,
      continue_final_message: question.shown.continueFinalMessage === true,
      n: question.completions,
      max_tokens: question.maxTokens,
      seed: question.seed,
      // Whatever is left out, generation_config.json of the model fills in.
      ...{ temperature: question.temperature, top_p: 1, top_k: -1, min_p: 0, min_tokens: 0 },
      ...{ repetition_penalty: 1, presence_penalty: 0, frequency_penalty: 0, ignore_eos: false },
      stop_token_ids: question.stopIds,
      ...{ logprobs: true, top_logprobs: 0, return_token_ids: true },
    },
  }),
  read(given, question) {
    const { model, prompt_token_ids: prompt, choices } = readReply('the reply', reply, given);
    if (model !== question.adapter)
      throw new EngineError(
        `found an answer by ${JSON.stringify(model)}, expected one by the adapter ${question.adapter}`,
      );
    const ordered = [...choices].sort((a, b) => a.index - b.index);
    return {
      prompt,
      completions: ordered.map(({ token_ids: tokens, logprobs, finish_reason: finish }) => ({
        tokens,
        logProbs: logprobs.content.map(({ logprob }) => logprob),
        finish,
      })),
    };
  },
  load: (adapter, directory) => ({
    path: '/v1/load_lora_adapter',
    body: { lora_name: adapter, lora_path: directory },
  }),
  unload: (adapter) => ({ path: '/v1/unload_lora_adapter', body: { lora_name: adapter } }),
  // It answers with a sentence; whether the adapter is there, the list of models says.
  listsAdapters: true,
  loaded: () => {},
};

function messagesOf({ shown }: Question): object[] {
  let picture = 0;
  return shown.messages.map(({ role, content }) => ({
    role,
    content: content.map((part) =>
      part.type === 'text'
        ? part
        : { type: 'image_url', image_url: { url: dataUrl(shown.pictures[picture++] ?? new Uint8Array()) } },
    ),
  }));
}
