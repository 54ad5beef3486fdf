import { expect, it } from 'vitest';
import { readAnswer } from './read-answer.js';

it.each([
  [3, '3'],
  [9007199254740993n, '9007199254740993'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
  [Number.NaN, { found: 'NaN', expected: 'text or a number' }],
  [[Number.NaN], { found: 'NaN', expected: 'text or a number' }],
])('%s → %j', (value, answer) => {
  expect(readAnswer(value)).toEqual(answer);
});
