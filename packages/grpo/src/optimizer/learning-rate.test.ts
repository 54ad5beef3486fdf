import { describe, expect, it } from 'vitest';
import { expectClose } from '../../test/expect-close.js';
import golden from '../__fixtures__/optimizer.json';
import { type LearningRateOptions, learningRate } from '../index.js';

describe('learningRate', () => {
  it.each(golden.schedules)(
    `equals transformers ${golden.versions.transformers}: $options`,
    ({ options, rates }) => {
      const rate = learningRate({ peak: golden.peak, ...(options as Partial<LearningRateOptions>) });
      // Past the last step transformers' cosine rises again.
      const during = rates.slice(0, ('steps' in options ? options.steps : rates.length) + 1);
      const actual = during.map((_, step) => rate(step));
      expectClose(actual, during, 1e-12);
    },
  );

  it('stays where it ends', () => {
    const rate = learningRate({ peak: 2, schedule: 'cosine', steps: 10, final: 0.1 });
    expect([10, 11, 1000].map((step) => rate(step))).toEqual([rate(10), rate(10), rate(10)]);
  });

  it('falls to its share of the peak', () => {
    expect(learningRate({ peak: 2, schedule: 'cosine', steps: 10, final: 0.1 })(10)).toBeCloseTo(0.2, 12);
  });

  it('names a wrong option', () => {
    expect(() => learningRate({ peak: 1, schedule: 'linear' })).toThrow(/learningRate.*need steps/s);
    expect(() => learningRate({ peak: 1, steps: 3, warmup: 4 })).toThrow(/warmup is longer/);
  });
});
