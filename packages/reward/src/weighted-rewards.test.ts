import { describe, expect, it } from 'vitest';
import { createReward, createVisionSr1Reward, type WeightedReward, weightedRewards } from './index.js';

const input = { completion: '<think></think>\\boxed{2}', answer: '2' };
const boxed: WeightedReward = { name: 'boxed', reward: createReward(), weight: 2 };

describe('weightedRewards', () => {
  it('adds weighted rewards and keeps each as a part', async () => {
    const reward = weightedRewards([
      { name: 'short', reward: () => 0.5, weight: -1 },
      boxed,
      { name: 'box', reward: async () => ({ reward: 0.25, parts: { iou: 0.75 }, why: 'near' }), weight: 4 },
    ]);
    // By hand: −0.5 + 2 · 1 + 4 · 0.25.
    expect(await reward(input)).toEqual({
      reward: 2.5,
      parts: { accuracy: 1, format: 1, short: 0.5, boxed: 1, box: 0.25, 'box.iou': 0.75 },
      why: expect.stringMatching(/^the same \w+; near$/),
    });
  });

  it('does not judge what one of them cannot tell', async () => {
    const reward = weightedRewards([
      boxed,
      { name: 'judge', reward: () => ({ reward: Number.NaN, why: 'the judge is silent' }), weight: 0 },
    ]);
    expect(await reward(input)).toEqual({
      reward: Number.NaN,
      parts: { accuracy: 0, format: 0 },
      why: 'the judge is silent',
    });
  });

  it('refuses names that mean something else, names given twice, weights that are no numbers, and no accuracy', async () => {
    const part = (name: string, weight = 1): WeightedReward => ({ name, reward: () => 1, weight });
    expect(() => weightedRewards([part('mean')])).toThrow('found the name "mean", expected none of accuracy');
    expect(() => weightedRewards([part('a'), part('a')])).toThrow('found the name "a"');
    expect(() => weightedRewards([part('a', Number.NaN)])).toThrow('weightedRewards, a: weight is NaN');
    await expect(weightedRewards([part('a'), part('b')])(input)).rejects.toThrow(
      'none of a, b gives parts.accuracy',
    );
  });
});

describe('createVisionSr1Reward', () => {
  const completion = '<description>A red 1 and a blue 1.</description> <think>1+1</think> \\boxed{2}';
  const question = '<image>What is red plus blue?';

  it('asks the policy with the description and without the picture', async () => {
    const asked: string[] = [];
    const ask = async (text: string) => {
      asked.push(text);
      return 'So \\boxed{2}';
    };
    const result = await createVisionSr1Reward()({ completion, answer: '2', question, ask });
    // The authors' weights: 0.9 + 0.1 + 1.
    expect(result.reward).toBeCloseTo(2, 12);
    expect(result.parts).toEqual({ accuracy: 1, format: 1, description: 1 });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^What is red plus blue\?[\s\S]*A red 1 and a blue 1\./);
    expect(asked[0]).not.toContain('<image>');
    expect(asked[0]).not.toContain('1+1');
  });

  it('gives nothing for a description that does not do without the picture', async () => {
    const ask = async () => '\\boxed{3}';
    const result = await createVisionSr1Reward()({ completion, answer: '2', question, ask });
    expect(result.reward).toBeCloseTo(1, 12);
    expect(result.parts.description).toBe(0);
  });

  it.each([
    ['\\boxed{2}', 'no description'],
    ['<description></description> <think></think> \\boxed{2}', 'an empty one'],
    ['<description>two ones', 'one that is not closed'],
  ])('does not ask for %s', async (text) => {
    const ask = async () => {
      throw new Error('asked');
    };
    const result = await createVisionSr1Reward()({ completion: text, answer: '2', question, ask });
    expect(result.parts.description).toBe(0);
  });

  it.each([
    [completion, 1],
    [`\n${completion}\n`, 1],
    [`So: ${completion}`, 0],
    ['<think>1+1</think> \\boxed{2}', 0],
    ['<description>a</description> and <think>b</think> \\boxed{2}', 0],
    ['<description>a</description><think>b</think> I say \\boxed{2}', 0],
    ['<description>a</description><think>b</think>\\boxed{2} done', 0],
  ])('takes %j for format %d', async (text, format) => {
    const ask = async () => '';
    const { parts } = await createVisionSr1Reward()({ completion: text, answer: '2', question, ask });
    expect(parts.format).toBe(format);
  });

  it('says what its input lacks', async () => {
    const reward = createVisionSr1Reward();
    await expect(reward({ completion, answer: '2', question })).rejects.toThrow('the input has no ask');
    expect(() => createVisionSr1Reward({ weight: 1 } as object)).toThrow('createVisionSr1Reward');
  });
});
