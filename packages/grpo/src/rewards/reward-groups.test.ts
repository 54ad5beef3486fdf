import { describe, expect, it } from 'vitest';
import { expectClose } from '../../test/expect-close.js';
import { groupOf } from '../../test/simple-groups.js';
import { type RewardFunction, type RewardInput, rewardGroups } from '../index.js';

const judged = (accuracy: number) => ({ reward: 2 * accuracy - 1, parts: { accuracy, format: 1 } });
const sample = () => ({ answer: 'yes', question: 'really?' });

describe('rewardGroups', () => {
  it('hands over all that is known, and turns rewards into advantages', async () => {
    const inputs: RewardInput[] = [];
    const reward: RewardFunction = (input) => {
      inputs.push(input);
      return judged(input.completion === input.answer ? 1 : 0);
    };
    const [group] = await rewardGroups({ groups: [groupOf('a', 'yes', 'no')], reward, sample, maxTokens: 9 });
    expect(inputs[0]).toEqual({
      completion: 'yes',
      answer: 'yes',
      question: 'really?',
      truncated: false,
      tokens: 3,
      maxTokens: 9,
      group: ['yes', 'no'],
      index: 0,
    });
    expect(inputs[1]).toMatchObject({ completion: 'no', group: ['yes', 'no'], index: 1 });
    expect([...group!.rewards]).toEqual([1, -1]);
    expect([...group!.accuracies]).toEqual([1, 0]);
    expect(group!.advantages[0]).toBeCloseTo(Math.SQRT1_2, 5);
    expect(group!.results![1]!.parts.accuracy).toBe(0);
  });

  it('shows the whole sample and a way to ask the policy', async () => {
    const whole = {
      ...{ id: 'a', answer: 'yes', question: 'really?', source: 'own' },
      metadata: { box: [0, 0, 4, 4] },
      images: [{ name: 'a.png', bytes: async () => Uint8Array.of(1) }],
    };
    const ask = async (question: string) => `${question}!`;
    const seen: RewardInput[] = [];
    const reward: RewardFunction = (input) => {
      seen.push(input);
      return judged(1);
    };
    await rewardGroups({ groups: [groupOf('a', 'yes')], reward, sample: () => whole, ask });
    expect(seen[0]).toMatchObject({ ...whole, ask });
  });

  it('judges at the same time, and keeps a completion that fails or hangs from teaching', async () => {
    const reward: RewardFunction = async ({ completion }) => {
      if (completion === 'hang') return new Promise(() => {});
      if (completion === 'throw') throw new Error('no grammar');
      return judged(completion === 'yes' ? 1 : 0);
    };
    const groups = [groupOf('a', 'yes', 'hang', 'no', 'throw'), groupOf('b', 'hang', 'yes')];
    const [first, second] = await rewardGroups({ groups, reward, sample, timeoutSeconds: 0.02 });
    expect([...first!.rewards]).toEqual([1, Number.NaN, -1, Number.NaN]);
    expectClose(first!.advantages, [Math.SQRT1_2, 0, -Math.SQRT1_2, 0]);
    expect(first!.results![1]!.why).toBe('no verdict within 0.02 s');
    expect(first!.results![3]!.why).toBe('the reward function threw: no grammar');
    // One judged completion alone has nothing to be better than.
    expect([...second!.advantages]).toEqual([0, 0]);
  });

  it('takes a synchronous function that throws as well', async () => {
    const reward: RewardFunction = () => {
      throw new Error('at once');
    };
    const [group] = await rewardGroups({ groups: [groupOf('a', 'x', 'y')], reward, sample });
    expect(group!.results![0]!.why).toBe('the reward function threw: at once');
    expect([...group!.advantages]).toEqual([0, 0]);
  });
});
