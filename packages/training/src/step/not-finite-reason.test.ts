import { expect, it } from 'vitest';
import { notFiniteReason } from './not-finite-reason.js';

class TheirOwn extends Error {
  override name = 'NotFiniteError';
}

const wrapped = new Error('policy: generate() threw', { cause: new TheirOwn('NaN, expected 1') });

it.each([
  [new TheirOwn('score: a is NaN; expected a finite number. A weight is not.'), 'score: a is NaN'],
  [new TheirOwn('my logits are 1.5 and -Infinity.'), 'my logits are 1.5 and -Infinity'],
  [new TheirOwn(), 'a value is not finite'],
  [wrapped, 'NaN'],
  [new RangeError('a value is NaN'), undefined],
  ['NotFiniteError', undefined],
])('%s', (error, reason) => {
  expect(notFiniteReason(error)).toBe(reason);
});
