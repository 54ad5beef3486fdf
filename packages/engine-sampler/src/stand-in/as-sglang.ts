import { fileOf, type SpoiledAnswer } from './spoiled-answer.js';
import type { StandInQuestion } from './stand-in-model.js';

export interface SglangRequest {
  readonly input_ids: readonly number[];
  readonly image_data?: readonly string[];
  readonly lora_path: string;
  readonly return_logprob: boolean;
  readonly sampling_params: {
    readonly n: number;
    readonly max_new_tokens: number;
    readonly temperature: number;
    readonly stop_token_ids: readonly number[];
  };
}

export function readSglang(body: SglangRequest): { model: string; question: StandInQuestion } {
  if (!body.return_logprob) throw new RangeError('expected return_logprob');
  const {
    n: completions,
    max_new_tokens: maxTokens,
    temperature,
    stop_token_ids: stopIds,
  } = body.sampling_params;
  const question = {
    ...{ completions, maxTokens, temperature, stopIds, seed: undefined, adapter: undefined },
    prompt: { ids: body.input_ids },
    pictures: (body.image_data ?? []).map(fileOf),
  };
  return { model: body.lora_path, question };
}

export function answerAsSglang({ promptIds, completions }: SpoiledAnswer): object {
  const answers = completions.map(({ tokens, logProbs, finish }) => ({
    text: '',
    output_ids: tokens,
    prompt_token_ids: promptIds,
    meta_info: {
      prompt_tokens: promptIds.length,
      completion_tokens: tokens.length,
      finish_reason: finish === 'length' ? { type: finish, length: tokens.length } : { type: finish },
      output_token_logprobs: logProbs.map((logProb, i) => [logProb, tokens[i] ?? 0, null]),
    },
  }));
  // A single one comes by itself.
  return answers.length === 1 ? (answers[0] ?? {}) : answers;
}
