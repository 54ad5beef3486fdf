import { expect, it } from 'vitest';
import { closestName } from './index.js';

const tasks = ['angles', 'clocks', 'digits', 'lines'];

it.each([
  ['digit', 'digits'],
  ['DIGITS', 'digits'],
  ['clock', 'clocks'],
  // As near to lines as to no other, far as that is; of several that are equally near, the first.
  ['photographs of lines', 'lines'],
  ['', 'lines'],
])('%s → %s', (name, closest) => {
  expect(closestName(name, tasks)).toBe(closest);
});

it('takes the first of several, and none of none', () => {
  expect(closestName('c', ['b', 'a'])).toBe('b');
  expect(closestName('c', [])).toBeUndefined();
});
