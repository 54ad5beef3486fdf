import { NotFiniteError } from '@cppo/policy-qwen';
import { expect, it } from 'vitest';
import { Blame } from './components/blame.js';
import { notFiniteReason } from './not-finite-reason.js';

class TheirOwn extends Error {
  override name = 'NotFiniteError';
}

const blame = new Blame('policy', './mine.mjs', undefined);

it.each([
  [new NotFiniteError('score: a is NaN; expected a finite number. A weight is not.'), 'score: a is NaN'],
  [new TheirOwn('my logits are 1.5 and -Infinity.'), 'my logits are 1.5 and -Infinity'],
  [new TheirOwn(), 'a value is not finite'],
  [blame.threw('generate()', new TheirOwn('NaN, expected 1')), 'NaN'],
  [new RangeError('a value is NaN'), undefined],
  ['NotFiniteError', undefined],
])('%s', (error, reason) => {
  expect(notFiniteReason(error)).toBe(reason);
});
