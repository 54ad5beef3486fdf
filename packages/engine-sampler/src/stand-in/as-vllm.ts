import { fileOf, type SpoiledAnswer } from './spoiled-answer.js';
import type { ChatTurn, StandInQuestion } from './stand-in-model.js';

export interface VllmRequest {
  readonly model: string;
  readonly messages: readonly ChatTurn[];
  readonly continue_final_message: boolean;
  readonly n: number;
  readonly max_tokens: number;
  readonly temperature: number;
  readonly seed: number;
  readonly stop_token_ids: readonly number[];
  readonly logprobs: boolean;
  readonly return_token_ids: boolean;
}

export function readVllm(body: VllmRequest): { model: string; question: StandInQuestion } {
  if (!body.logprobs || !body.return_token_ids)
    throw new RangeError('expected logprobs and return_token_ids');
  const { model, messages, n: completions, max_tokens: maxTokens, temperature, seed } = body;
  const pictures = messages.flatMap(({ content }) =>
    content.flatMap((part) => (part.type === 'image_url' ? [fileOf(part.image_url.url)] : [])),
  );
  const prompt = { messages, continued: body.continue_final_message };
  const question = {
    prompt,
    pictures,
    completions,
    maxTokens,
    temperature,
    seed,
    stopIds: body.stop_token_ids,
  };
  return { model, question: { ...question, adapter: undefined } };
}

export function answerAsVllm({ promptIds, completions }: SpoiledAnswer, model: string): object {
  const choices = completions.map(({ tokens, logProbs, finish }, index) => ({
    index,
    message: { role: 'assistant', content: '' },
    logprobs: {
      content: logProbs.map((logprob) => ({ token: '', logprob, bytes: null, top_logprobs: [] })),
    },
    finish_reason: finish,
    stop_reason: null,
    token_ids: tokens,
  }));
  // Not in their order, which nothing promises.
  return { object: 'chat.completion', model, choices: choices.reverse(), prompt_token_ids: promptIds };
}
