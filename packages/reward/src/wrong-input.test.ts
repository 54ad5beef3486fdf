import { describe, expect, it } from 'vitest';
import {
  combineRewards,
  createJudge,
  createReward,
  lengthPenalty,
  mathEqual,
  overlongPenalty,
  repetitionPenalty,
  rewardBatch,
} from './index.js';

/** What JavaScript can pass and TypeScript would not. */
const loose = <T>(value: unknown): T => value as T;

describe('wrong input is one sentence', () => {
  it.each([
    [
      () => mathEqual('1', '1', loose({ tol: 1 })),
      'mathEqual: unknown option "tol", did you mean "tolerance"?',
    ],
    [
      () => mathEqual('1', '1', { tolerance: -1 }),
      'mathEqual: tolerance is -1; expected a number, 0 or above.',
    ],
    [() => mathEqual(loose(1), '1'), 'mathEqual: answer is 1; expected a text.'],
    [
      () => rewardBatch(createReward(), [], loose({ concurrent: 2 })),
      'rewardBatch: unknown option "concurrent", did you mean "concurrency"?',
    ],
    [() => rewardBatch(createReward(), [], { concurrency: 0 }), 'rewardBatch: concurrency is 0; expected'],
  ])('%s', async (call, message) => {
    await expect(call()).rejects.toThrow(message);
  });
  it.each([
    [
      () => createReward(loose({ accuracy: 1 })),
      'createReward: unknown option "accuracy", did you mean "accuracyWeight"?',
    ],
    [
      () => combineRewards(createReward(), loose({ length: { part: 3 } })),
      'combineRewards, length: part is 3; expected a function.',
    ],
    [
      () => combineRewards(createReward(), loose({ length: { parts: 3 } })),
      'combineRewards, length: unknown option "parts", did you mean "part"?',
    ],
    [
      () => createJudge(loose({ baseURL: 'x', model: 'm' })),
      'createJudge: unknown option "baseURL", did you mean "baseUrl"?',
    ],
    [() => createJudge(loose({ baseUrl: 'x' })), 'createJudge: model is undefined; expected a text.'],
    [() => overlongPenalty(loose({ bufer: 3 })), 'did you mean "buffer"?'],
    [() => lengthPenalty(loose({ limits: 3 })), 'did you mean "limit"?'],
    [() => repetitionPenalty(loose({ n: 3 })), 'repetitionPenalty: unknown option "n", expected "size".'],
  ])('%s', (call, message) => {
    expect(call).toThrow(message);
  });
});
