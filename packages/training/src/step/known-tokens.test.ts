import { asPromptSample, drawSamples } from '@cppo/bench';
import { expect, it } from 'vitest';
import { withKnownTokens } from './known-tokens.js';

/** Letters are tokens; 0 ends an answer and has no text. */
const tokenizer = { decode: (ids: number[]) => String.fromCodePoint(...ids.filter((id) => id > 0)) };

const groupOf = (texts: readonly string[]) => ({
  id: 'g',
  prompt: 1,
  completions: texts.map((text) => {
    const tokens = Int32Array.from([...Array.from(text, (letter) => letter.codePointAt(0)!), 0]);
    return { tokens, logProbs: new Float32Array(tokens.length), text, truncated: false };
  }),
  rewards: new Float32Array(texts.length),
  accuracies: new Float32Array(texts.length),
  advantages: new Float32Array(texts.length),
});

it('marks what a completion claims to have seen, right or misread', () => {
  const [sample] = drawSamples({ tasks: ['digits'], seed: 3, count: 1 }).map(asPromptSample);
  const { reference, perception } = sample!;
  const [start, end] = perception[0]!;
  const misread = `${reference.slice(0, start)}${'9'.repeat(end - start)}${reference.slice(end)}`;
  const { knownTokens } = withKnownTokens(groupOf([reference, misread, 'nothing']), sample!, tokenizer);
  const places = perception.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i));
  const marked = Array.from({ length: reference.length + 1 }, (_, i) => (places.includes(i) ? 1 : 0));
  expect(knownTokens!.map((mask) => Array.from(mask))).toEqual([marked, marked, Array(8).fill(0)]);
});

it('says which sample does not tell what is seen', () => {
  const sample = { id: 's1', question: 'How many?', answer: '3', images: [] };
  expect(() => withKnownTokens(groupOf(['3']), sample, tokenizer)).toThrow(
    'objective.cppo.tokens: found known, but sample s1 has no reference reply that says what is read',
  );
});
