import { expect, it } from 'vitest';
import { parseMemorySize } from './memory-size.js';

it.each([
  ['12GB', 12e9],
  ['1.5 GiB', 1.5 * 2 ** 30],
  ['800mb', 8e8],
  ['12', undefined],
  ['0GB', undefined],
  ['-3GB', undefined],
])('a size written %s', (text, bytes) => {
  expect(parseMemorySize(text)).toBe(bytes);
});
