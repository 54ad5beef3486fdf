import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesSent, exchangeSeconds, fitLink } from './exchange.mjs';
import { numbersTrained } from './numbers-trained.mjs';
import { drawPage } from './page.mjs';
import { simulateSteps } from './step.mjs';

/** A ring as it runs: what every learner holds in the end, and how many numbers each has sent. */
function runRing(buffers: readonly Float64Array[]) {
  const learners = buffers.length;
  const part = buffers[0]!.length / learners;
  const held = buffers.map((buffer) => buffer.slice());
  const sent = new Array<number>(learners).fill(0);
  for (let hop = 0; hop < 2 * (learners - 1); hop++) {
    const before = held.map((buffer) => buffer.slice());
    for (let from = 0; from < learners; from++) {
      const to = (from + 1) % learners;
      const at = ((from - hop + 2 * learners) % learners) * part;
      for (let i = at; i < at + part; i++) {
        held[to]![i] = hop < learners - 1 ? before[to]![i]! + before[from]![i]! : before[from]![i]!;
      }
      sent[from]! += part;
    }
  }
  return { held, sent };
}

describe('an exchange', () => {
  it.each([2, 3, 8])('among %i learners sends as many bytes as a ring that runs', (learners) => {
    const buffers = Array.from({ length: learners }, (_, rank) =>
      Float64Array.from({ length: 24 }, (_, i) => rank * 100 + i),
    );
    const { held, sent } = runRing(buffers);
    const sums = Array.from({ length: 24 }, (_, i) => buffers.reduce((sum, buffer) => sum + buffer[i]!, 0));
    for (const buffer of held) expect([...buffer]).toEqual(sums);
    for (const count of sent) expect(count * 8).toBeCloseTo(bytesSent(24 * 8, learners), 9);
  });

  it('takes the time of its bytes and of its hops', () => {
    // 4 learners: 1.5 × 100 MB at 1 GB/s, and 6 hops of 10 ms.
    expect(exchangeSeconds(1e8, 4, { rate: 1e9, hop: 0.01 })).toBeCloseTo(0.15 + 0.06, 12);
    expect(exchangeSeconds(1e8, 1, { rate: 1e9, hop: 0.01 })).toBe(0);
  });

  it('has rate and hop from what was measured', () => {
    const link = { rate: 4.2e8, hop: 0.0031 };
    const measured = [1e3, 1e6, 1e7, 1e8].map((bytes) => ({
      bytes,
      learners: 2,
      seconds: exchangeSeconds(bytes, 2, link),
    }));
    const { rate, hop } = fitLink(measured);
    expect(rate / link.rate).toBeCloseTo(1, 2);
    expect(hop / link.hop).toBeCloseTo(1, 2);
  });
});

describe('a simulated step', () => {
  const seconds = { sampling: 3, policy: 5, views: 2 };

  it('of equal groups is what the learner with the most of them takes', () => {
    const at = (learners: number) =>
      simulateSteps({ learners, prompts: 16, seconds, exchange: 0.5, spread: 0, viewed: 1 });
    expect(at(1).step).toBeCloseTo(16 * 10 + 0.5, 9);
    expect(at(8).step).toBeCloseTo(2 * 10 + 0.5, 9);
    expect(at(12)).toMatchObject({
      step: expect.closeTo(2 * 10 + 0.5, 9),
      busy: expect.closeTo((16 * 10) / 12, 9),
      waiting: expect.closeTo(20 - 160 / 12, 9),
      exchange: 0.5,
    });
    expect(at(64).step).toBeCloseTo(10 + 0.5, 9);
  });

  it('of unequal groups waits for the longer one as long as theory says', () => {
    // E max(X, Y) of two log-normal variables of mean 1 is 2 Φ(σ / √2): 1.2386 for a standard deviation of 0.45.
    const spread = 0.45;
    const { step, busy } = simulateSteps({
      ...{ learners: 2, prompts: 2, exchange: 0, spread, viewed: 1 },
      seconds: { sampling: 1, policy: 0, views: 0 },
      steps: 200_000,
    });
    const sigma = Math.sqrt(Math.log(1 + spread ** 2));
    expect(busy).toBeCloseTo(1, 2);
    expect(step).toBeCloseTo(2 * normalBelow(sigma / Math.SQRT2), 2);
  });

  it('scores views of the share of groups that was asked for', () => {
    const { step } = simulateSteps({
      ...{ learners: 1, prompts: 16, exchange: 0, spread: 0, viewed: 0.25 },
      seconds: { sampling: 0, policy: 0, views: 1 },
      steps: 20_000,
    });
    expect(step).toBeCloseTo(4, 1);
  });

  it('is the same for the same seed', () => {
    const options = { learners: 4, prompts: 16, seconds, exchange: 0, spread: 0.3, viewed: 0.5 };
    expect(simulateSteps(options)).toEqual(simulateSteps(options));
    expect(simulateSteps({ ...options, seed: 2 })).not.toEqual(simulateSteps(options));
  });
});

/** Φ by the trapezoidal rule. */
function normalBelow(x: number): number {
  const steps = 10_000;
  const density = (at: number) => Math.exp(-(at ** 2) / 2) / Math.sqrt(2 * Math.PI);
  let sum = (density(0) + density(x)) / 2;
  for (let i = 1; i < steps; i++) sum += density((x * i) / steps);
  return 0.5 + (sum * x) / steps;
}

it('counts the numbers of the 3B as its publisher and PEFT do', () => {
  const { all, adapters } = numbersTrained('3b');
  expect(all).toBe(7_509_245_952 / 2); // total_size of the published index, in bfloat16
  expect(adapters(16)).toBe(29_933_568); // PEFT: rank 16 in every linear layer of the decoder
});

it('drew docs/results/cluster.md', () => {
  const results = new URL('../../docs/results/', import.meta.url);
  const read = (name: string) => readFileSync(new URL(name, results), 'utf8');
  expect(read('cluster.md')).toBe(drawPage(JSON.parse(read('cluster.json'))));
});
