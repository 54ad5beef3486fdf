import { z } from 'zod';
import { EngineError } from './engine-error.js';
import { dataUrl, type Protocol } from './protocol.js';
import type { Question } from './question.js';
import { readReply } from './read-reply.js';

const ids = z.array(z.int());

const one = z.looseObject({
  output_ids: ids.optional(),
  prompt_token_ids: ids.nullish(),
  meta_info: z.looseObject({
    prompt_tokens: z.int().min(0),
    finish_reason: z.looseObject({ type: z.string() }),
    output_token_logprobs: z.array(z.tuple([z.number(), z.int().min(0)]).rest(z.unknown())),
  }),
});

const replies = z.union([one.transform((each) => [each]), z.array(one)], {
  error: 'a completion with meta_info, or a list of them',
});

const loading = z.looseObject({
  success: z.boolean(),
  error_message: z.string().nullish(),
  loaded_adapters: z.record(z.string(), z.unknown()).nullish(),
});

/** SGLang: its own interface, which takes token ids. What it samples cannot be seeded. */
export const sglang: Protocol = {
  name: 'sglang',
  flags: '--enable-lora --max-loras-per-batch 2 --max-lora-rank R --lora-target-modules all',
  ask: (question) => ({
    path: '/generate',
    body: {
      input_ids: withOneTokenAPicture(question),
      ...(question.shown.pictures.length > 0 && { image_data: question.shown.pictures.map(dataUrl) }),
      lora_path: question.adapter,
      ...{ return_logprob: true, logprob_start_len: -1, top_logprobs_num: 0, return_prompt_token_ids: true },
      sampling_params: {
        n: question.completions,
        max_new_tokens: question.maxTokens,
        // Whatever is left out, generation_config.json of the model fills in.
        ...{ temperature: question.temperature, top_p: 1, top_k: -1, min_p: 0, min_new_tokens: 0 },
        ...{ repetition_penalty: 1, presence_penalty: 0, frequency_penalty: 0, ignore_eos: false },
        stop_token_ids: question.stopIds,
      },
    },
  }),
  read(given, question) {
    const answers = readReply('the reply', replies, given);
    for (const { output_ids: said, meta_info } of answers) {
      const logged = meta_info.output_token_logprobs.map(([, id]) => id);
      if (said !== undefined && `${said}` !== `${logged}`)
        throw new EngineError(
          `found ${said.length} output_ids and ${logged.length} output_token_logprobs, expected the same tokens in both`,
        );
    }
    const [first] = answers;
    return {
      prompt: promptOf(first?.prompt_token_ids ?? undefined, first?.meta_info.prompt_tokens ?? 0, question),
      completions: answers.map(({ meta_info: { output_token_logprobs: logged, finish_reason } }) => ({
        tokens: logged.map(([, id]) => id),
        logProbs: logged.map(([logProb]) => logProb),
        finish: finish_reason.type,
      })),
    };
  },
  load: (adapter, directory) => ({
    path: '/load_lora_adapter',
    body: { lora_name: adapter, lora_path: directory },
  }),
  unload: (adapter) => ({ path: '/unload_lora_adapter', body: { lora_name: adapter } }),
  // Some versions list the model alone; the answer itself says what is loaded.
  listsAdapters: false,
  loaded(given, adapter) {
    const { success, error_message: why, loaded_adapters: there } = readReply('the reply', loading, given);
    if (success && (there == null || adapter in there)) return;
    throw new EngineError(why || `found the adapters ${Object.keys(there ?? {}).join(', ') || 'none'}`);
  },
};

/** The server makes as many image tokens of each as the picture has; of those that are there already it would make more. */
function withOneTokenAPicture({ ids, imageTokenId, shown, id }: Question): number[] {
  const single = [...ids].filter((token, i) => token !== imageTokenId || ids[i - 1] !== imageTokenId);
  const places = single.filter((token) => token === imageTokenId).length;
  if (places !== shown.pictures.length)
    throw new EngineError(
      `prompt ${id} has ${places} runs of image tokens and ${shown.pictures.length} pictures, expected one for each`,
    );
  return single;
}

/** Older servers tell the number of tokens only, and some fill the places of a picture with ids of their own. */
function promptOf(
  told: readonly number[] | undefined,
  count: number,
  { ids, imageTokenId }: Question,
): number[] {
  if (told === undefined) return Array<number>(count).fill(-1);
  return told.map((token, i) => (ids[i] === imageTokenId ? -1 : token));
}
