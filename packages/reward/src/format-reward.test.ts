import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatReward, lastBoxed } from './index.js';

describe('formatReward', () => {
  it('is the full match of the published pattern', () => {
    const pattern = /^<think>.*<\/think>.*\\boxed\{.*\}.*$/s;
    const part = fc.constantFrom('<think>', '</think>', '\\boxed{', '}', '{', 'x', '\n', ' ');
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 10 }).map((parts) => parts.join('')),
        (text) => {
          expect(formatReward(text)).toBe(pattern.test(text) ? 1 : 0);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['<think>a</think> \\boxed{7}', 1],
    ['<think>\n</think>\n\\boxed{\\frac{1}{2}} done.\n', 1],
    [' <think>a</think>\\boxed{7}', 0],
    ['<think>a</think> 7', 0],
    ['<think>a \\boxed{7}', 0],
    ['<think>\\boxed{7}</think>', 0],
    ['<think>a</think>\\boxed{7', 0],
    ['', 0],
  ])('%j gives %i', (text, expected) => {
    expect(formatReward(text)).toBe(expected);
  });
});

describe('lastBoxed', () => {
  it.each([
    ['\\boxed{7}', '7'],
    ['\\boxed{1} then \\boxed{ 2 }.', '2'],
    ['so \\boxed{\\frac{1}{\\sqrt{2}}} and more }', '\\frac{1}{\\sqrt{2}}'],
    ['\\boxed{\\boxed{3}}', '3'],
    ['\\boxed{\\{1,2\\}}', '\\{1,2\\}'],
    ['\\boxed{\\left\\{ x \\right.}', '\\left\\{ x \\right.'],
    ['\\boxed{}', ''],
    ['\\boxed{1} \\boxed{2', null],
    ['boxed{1}', null],
    ['', null],
  ])('of %j is %j', (text, expected) => {
    expect(lastBoxed(text)).toBe(expected);
  });
});
