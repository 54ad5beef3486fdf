import type { Completion } from '@cppo/grpo';
import { expect, it } from 'vitest';
import type { PromptInput, SamplingOptions } from '../contract/policy.js';
import { Questions } from './questions.js';

/** Answers a question with its letters turned round. */
function mirror() {
  const asked: { readonly texts: string[]; readonly options: SamplingOptions }[] = [];
  let busy = false;
  return {
    asked,
    encode: ({ messages, images }: PromptInput) => {
      expect(images).toEqual([]);
      const [part] = messages[0]?.content ?? [];
      return {
        ids: Int32Array.from(part?.type === 'text' ? part.text : '', (letter) => letter.charCodeAt(0)),
      };
    },
    generate: async (prompts: readonly { ids: Int32Array }[], options: SamplingOptions = {}) => {
      expect(busy).toBe(false);
      busy = true;
      const texts = prompts.map(({ ids }) => String.fromCharCode(...ids));
      asked.push({ texts, options });
      await new Promise((resolve) => setTimeout(resolve, 5));
      busy = false;
      if (texts.includes('fail')) throw new Error('no answer');
      return texts.map((text): Completion[] => [
        {
          tokens: Int32Array.of(0),
          logProbs: Float32Array.of(0),
          text: [...text].reverse().join(''),
          truncated: false,
        },
      ]);
    },
  };
}

it('answers together what is asked together, with the likeliest tokens and without a picture', async () => {
  const policy = mirror();
  const questions = new Questions(policy, { maxTokens: 9, prompts: 1, completions: 4 });
  const answers = await Promise.all(['abc', 'def', 'ghi'].map(questions.ask));
  expect(answers).toEqual(['cba', 'fed', 'ihg']);
  expect(policy.asked.map(({ texts }) => texts)).toEqual([['abc', 'def'], ['ghi']]);
  expect(policy.asked[0]?.options).toMatchObject({ completions: 1, maxTokens: 9, temperature: 0 });
});

it('waits for those that are about to ask', async () => {
  const policy = mirror();
  const questions = new Questions(policy, { maxTokens: 9, prompts: 8, completions: 2 });
  const late = async (question: string) => {
    for (let turn = 0; turn < 20; turn++) await undefined;
    return questions.ask(question);
  };
  await Promise.all([questions.ask('ab'), late('cd')]);
  expect(policy.asked.map(({ texts }) => texts)).toEqual([['ab', 'cd']]);
});

it('keeps later questions until the policy is free', async () => {
  const policy = mirror();
  const questions = new Questions(policy, { maxTokens: 9, prompts: 8, completions: 2 });
  const first = questions.ask('ab');
  const second = first.then((answer) => questions.ask(answer));
  await new Promise((resolve) => setTimeout(resolve, 2));
  const third = questions.ask('cd');
  expect(await Promise.all([first, second, third])).toEqual(['ba', 'ab', 'dc']);
});

it('fails those that were asked together, and settles all the same', async () => {
  const policy = mirror();
  const questions = new Questions(policy, { maxTokens: 9, prompts: 8, completions: 2 });
  const failed = questions.ask('fail').catch((error: Error) => error.message);
  await questions.settled();
  expect(policy.asked).toHaveLength(1);
  expect(await failed).toBe('no answer');
  expect(await questions.ask('xy')).toBe('yx');
});
