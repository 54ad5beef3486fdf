import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { numbers } from '../__fixtures__/formula.js';
import reference from '../__fixtures__/sampling.json' with { type: 'json' };
import { keptTokens, probabilitySampler, type SamplingOptions, tokenSampler } from './sampling.js';

const plain: SamplingOptions = { temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 };
const none: ReadonlySet<number> = new Set();

function weightsOf(logits: Float32Array, temperature: number): Float64Array {
  const peak = Math.max(...logits);
  return Float64Array.from(logits, (value) => Math.exp((value - peak) / temperature));
}

describe('truncation keeps the same tokens as transformers', () => {
  test.each(reference.cases)(
    '$name, k $topK, p $topP, min p $minP',
    ({ name, scale, temperature, topK, topP, minP, kept }) => {
      const logits = numbers(name, reference.vocabulary, scale);
      const actual = keptTokens(weightsOf(logits, temperature), { topK, topP, minP });
      expect([...(actual ?? logits.keys())].sort((a, b) => a - b)).toEqual(kept);
    },
  );
});

test('frequencies follow the distribution, and banned tokens never come', () => {
  const logits = Float32Array.from([1, 2, 0, 3, -1]);
  const banned = new Set([3]);
  const counts = new Map<number, number>();
  const draws = 20_000;
  for (let i = 0; i < draws; i++) {
    const { token } = tokenSampler(
      logits,
      { ...plain, temperature: 0.5 },
      none,
      banned,
    )(() => (i + 0.5) / draws);
    counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  const weights = Array.from(logits, (value, id) => (banned.has(id) ? 0 : Math.exp(value / 0.5)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  weights.forEach((weight, id) => {
    expect(Math.abs((counts.get(id) ?? 0) / draws - weight / total)).toBeLessThan(1e-4);
  });
});

test('the recorded log-probability is that of the whole distribution', () => {
  fc.assert(
    fc.property(fc.integer(), fc.double({ min: 0.1, max: 3, noNaN: true }), (seed, temperature) => {
      const logits = numbers(`logits ${seed}`, 50, 6);
      const options = { temperature, topK: 5, topP: 0.9, minP: 0.01, repetitionPenalty: 1.2 };
      const { token, logProb } = tokenSampler(logits, options, new Set([1, 2, 3]), new Set([7]))(() => 0.6);
      const total = weightsOf(logits, temperature).reduce((sum, weight) => sum + weight, 0);
      const expected = ((logits[token] as number) - Math.max(...logits)) / temperature - Math.log(total);
      expect(logProb).toBeCloseTo(expected, 6);
    }),
  );
});

test('from probabilities the same tokens are drawn as from logits', () => {
  const banned = new Set([7, 23]);
  const allowed = Float64Array.from({ length: 50 }, (_, id) => (banned.has(id) ? 0 : 1));
  fc.assert(
    fc.property(fc.integer(), fc.double({ min: 0.1, max: 3, noNaN: true }), (seed, temperature) => {
      const logits = numbers(`logits ${seed}`, 50, 6);
      const weights = weightsOf(logits, temperature);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const fromLogits = tokenSampler(logits, { ...plain, temperature }, none, banned);
      const fromProbabilities = probabilitySampler(
        Float32Array.from(weights, (weight) => weight / total),
        allowed,
      );
      for (const uniform of [1e-6, 0.013, 0.4, 0.87, 1 - 2 ** -30]) {
        const [expected, found] = [fromLogits(() => uniform), fromProbabilities(() => uniform)];
        expect(found.token).toBe(expected.token);
        expect(found.logProb).toBeCloseTo(expected.logProb, 5);
      }
    }),
  );
});
