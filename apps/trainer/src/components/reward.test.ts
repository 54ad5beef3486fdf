import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rewardOf } from '@cppo/training';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.js';

const input = { completion: 'it is it is it is \\boxed{4}', answer: '4', tokens: 30, maxTokens: 32 };
const judged = async (...set: string[]) => {
  const { config } = await loadConfig({ set: set.map((each) => `reward.${each}`) });
  return (await rewardOf(config.reward, config.rollout.maxTokens))(input);
};

it.each([
  ['as it is', [], 0.9, {}],
  ['the weights', ['accuracyWeight=0.5'], 0.5, {}],
  [
    'the overlong penalty',
    ['overlong.weight=0.5', 'overlong.buffer=8'],
    0.9 - 0.5 * (6 / 8),
    { overlong: -0.75 },
  ],
  ['a buffer longer than the limit', ['overlong.weight=1', 'overlong.buffer=64'], 0.9 - 30 / 32, {}],
  [
    'the repetition penalty',
    ['repetition.weight=2', 'repetition.size=2'],
    0.9 - 2 * 0.5,
    { repetition: -0.5 },
  ],
  ['the length penalty', ['length.weight=0.1'], 0.9 - 0.1 * (30 / 32), { length: -30 / 32 }],
  [
    'shift and scale, last',
    ['shift=0.5', 'scale=10', 'length.weight=0.1'],
    (0.9 - 0.1 * (30 / 32) - 0.5) * 10,
    {},
  ],
])('%s', async (_, set, reward, parts) => {
  const result = await judged(...set);
  expect(result.reward).toBeCloseTo(reward, 10);
  expect(result.parts).toMatchObject({ accuracy: 1, format: 0, ...parts });
});

it('says what a function of the user gave when it is no verdict', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cppo-reward-'));
  writeFileSync(join(directory, 'reward.mjs'), 'export default () => () => 1;\n');
  expect(await judged(`function=${join(directory, 'reward.mjs')}`)).toMatchObject({
    reward: Number.NaN,
    why: expect.stringMatching(
      /reward\.mjs\): it gave 1, expected \{reward, parts: \{accuracy, format\}\} with numbers$/,
    ),
  });
  rmSync(directory, { recursive: true });
});

describe('several functions', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'cppo-rewards-'));
    writeFileSync(
      join(directory, 'long.mjs'),
      'export default ({ by = 1 }) => ({ tokens }) => tokens / by;\n',
    );
    writeFileSync(join(directory, 'text.mjs'), "export default () => () => 'good';\n");
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('are added by their weights, each a part under the name of its file', async () => {
    const long = join(directory, 'long.mjs');
    const list = `boxed, {module: ${long}, weight: -0.5, by: 60}, ${long}`;
    const { reward, parts } = await judged(`functions=[${list}]`, 'length.weight=1');
    // By hand: 0.9 − 0.5 · 30/60 + 30/1 − 30/32.
    expect(reward).toBeCloseTo(0.9 - 0.25 + 30 - 30 / 32, 10);
    expect(parts).toEqual({
      ...{ accuracy: 1, format: 0, boxed: 0.9, long: 0.5, 'long-2': 30, length: -30 / 32 },
    });
  });

  it('that give no verdict keep the completion from being judged, and are named', async () => {
    expect(await judged(`functions=[boxed, ${join(directory, 'text.mjs')}]`)).toMatchObject({
      reward: Number.NaN,
      why: expect.stringMatching(
        /^reward\.functions\.1 \(.*text\.mjs\): it gave "good", expected a number, or \{reward, parts\} with numbers$/,
      ),
    });
  });

  it.each([
    [
      'functions=[{name: boxed, weight: much}]',
      'reward.functions.0.weight: found "much", expected a number.',
    ],
    [
      'functions=[{name: vision-sr1, descriptionWeigth: 1}]',
      'reward.functions.0.descriptionWeigth: unknown key.',
    ],
    ['functions=[]', 'reward.functions: found [], expected at least 1 of them.'],
  ])('%s is refused', async (set, message) => {
    await expect(judged(set)).rejects.toThrow(message);
  });

  it('do not stand beside a single one', async () => {
    await expect(judged('function=vision-sr1', 'functions=[boxed]')).rejects.toThrow(
      'reward.function: found "vision-sr1", expected it among reward.functions, or none of those.',
    );
  });
});
