import { expect, it } from 'vitest';
import { compareWithSampler, samplerFigures } from './from-elsewhere.js';

const completion = (logProbs: number[], sampled: number[] | undefined, version?: number) => ({
  tokens: Int32Array.from(logProbs),
  logProbs: Float32Array.from(logProbs),
  ...(sampled && { sampledLogProbs: Float32Array.from(sampled) }),
  text: '',
  truncated: false,
  ...(version !== undefined && { version }),
});

it('compares log-probabilities token by token, of present weights or of older ones', () => {
  const apart = completion([-1, -2], [-1.5, Number.NaN], 4);
  const equal = completion([-1], [-1], 4);
  expect(compareWithSampler(5, [apart, equal])).toEqual({ difference: 0.25, current: true });
  expect(compareWithSampler(6, [apart, equal])).toEqual({ difference: 0.25, current: false });
});

it('a log-probability of the policy that is not a number is no small difference', () => {
  expect(compareWithSampler(1, [completion([Number.NaN], [-1])]).difference).toBeNaN();
});

it('says how many steps the weights were behind, and nothing where the policy itself sampled', () => {
  expect(samplerFigures(3, [completion([-1], undefined)])).toEqual({});
  const mixed = [completion([-1], [-2], 2), completion([-1], [-2], 1)];
  expect(samplerFigures(3, mixed)).toEqual({ 'sampler/difference': 1, 'sampler/lag': 0.5 });
});
