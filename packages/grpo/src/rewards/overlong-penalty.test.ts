import { describe, expect, it } from 'vitest';
import { expectClose } from '../../test/expect-close.js';
import golden from '../__fixtures__/policy-loss.json';
import { overlongPenalty, withOverlongPenalty } from '../index.js';

describe('overlongPenalty', () => {
  it(`equals TRL ${golden.versions.trl} at 100 tokens with a buffer of 20`, () => {
    const { lengths, penalties } = golden.overlong;
    expectClose(
      lengths.map((tokens) => overlongPenalty(tokens, { maxTokens: 100, buffer: 20 })),
      penalties,
      1e-12,
    );
  });

  it('without a buffer punishes only what is too long', () => {
    expect([100, 101].map((tokens) => overlongPenalty(tokens, { maxTokens: 100, buffer: 0 }))).toEqual([
      0, -1,
    ]);
    expect(() => overlongPenalty(1, { maxTokens: 10, buffer: 11 })).toThrow(/overlongPenalty: buffer is 11/);
  });
});

describe('withOverlongPenalty', () => {
  const right = () => ({ reward: 1, parts: { accuracy: 1, format: 1 } });

  it('lowers the reward, not the accuracy', async () => {
    const reward = withOverlongPenalty(right, { maxTokens: 100, buffer: 20, weight: 0.5 });
    expect(await reward({ completion: '', answer: '', tokens: 90 })).toEqual({
      reward: 0.75,
      parts: { accuracy: 1, format: 1, length: -0.5 },
    });
    await expect(reward({ completion: '', answer: '' })).rejects.toThrow(
      /withOverlongPenalty: the input has no tokens/,
    );
  });
});
