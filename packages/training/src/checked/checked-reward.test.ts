import type { RewardFunction } from '@cppo/reward';
import { expect, it } from 'vitest';
import { Blame } from './blame.js';
import { checkedReward } from './checked-reward.js';

const blame = new Blame('reward', './mine.ts', undefined);
const input = { completion: 'seven', answer: '7' };

it('a reward that throws or gives no verdict leaves the completion unjudged, and says whose fault it is', async () => {
  const thrower: RewardFunction = () => {
    throw new Error('no');
  };
  expect(await checkedReward(thrower, blame)(input)).toMatchObject({
    reward: Number.NaN,
    why: expect.stringMatching(/^reward \(\.\/mine\.ts\): it threw: no \(.*:11\)$/),
  });
  const infinite: RewardFunction = () => ({ reward: 1 / 0, parts: { accuracy: 1, format: 1 } });
  expect((await checkedReward(infinite, blame)(input)).why).toBe(
    'reward (./mine.ts): it gave a reward of Infinity, expected {reward, parts: {accuracy, format}} with numbers',
  );
});

it('a right one passes as it is', async () => {
  const verdict = { reward: 1, parts: { accuracy: 1, format: 0 } };
  expect(await checkedReward(() => verdict, blame)(input)).toBe(verdict);
});
