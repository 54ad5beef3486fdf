import { describe, expect, it } from 'vitest';
import { createReward } from './index.js';

describe('createReward', () => {
  const reward = createReward();
  it('weighs accuracy 0.9 and format 0.1', async () => {
    const good = await reward({ completion: '<think>1+1</think> so \\boxed{2}', answer: '2' });
    expect(good.reward).toBeCloseTo(1, 12);
    expect(good.parts).toEqual({ accuracy: 1, format: 1 });
    expect((await reward({ completion: '\\boxed{2}', answer: '2' })).reward).toBeCloseTo(0.9, 12);
    expect((await reward({ completion: '<think></think>\\boxed{3}', answer: '2' })).reward).toBeCloseTo(
      0.1,
      12,
    );
    const none = await reward({ completion: '2', answer: '2' });
    expect(none).toEqual({
      reward: 0,
      parts: { accuracy: 0, format: 0 },
      why: expect.stringContaining('\\boxed'),
    });
  });
  it('takes other weights and another judge, and names a wrong option', async () => {
    const lenient = createReward({
      accuracyWeight: 2,
      formatWeight: 0,
      equal: () => ({ equal: true, why: 'always' }),
    });
    expect(await lenient({ completion: '\\boxed{x}', answer: 'y' })).toMatchObject({
      reward: 2,
      why: 'always',
    });
    expect(() => createReward({ accuracyWeight: Number.NaN })).toThrow(/createReward.*/);
    expect(() => createReward({ acuracyWeight: 1 } as never)).toThrow(/acuracyWeight/);
  });
});
