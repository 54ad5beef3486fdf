import { expect, it } from 'vitest';
import { linearFit, measureStep, median } from './step.js';

/** A side whose turns take the seconds given, first the one that does not count. */
function side(log: string[], name: string, steps: number[], memory = 0) {
  let turn = 0;
  return async () => {
    log.push(name);
    const step = steps[Math.min(turn++, steps.length - 1)]!;
    return { sampling: step / 4, scoring: step / 4, update: step / 2, step, memory: memory + turn };
  };
}

it('takes turns and compares medians', async () => {
  const log: string[] = [];
  const measured = await measureStep({
    name: 'small',
    engine: 'wasm',
    tokens: 64,
    rounds: 3,
    plainRounds: 1,
    sides: {
      ours: side(log, 'ours', [100, 2, 8, 2], 96),
      peer: side(log, 'peer', [100, 4, 4, 1], 196),
      grpo: side(log, 'grpo', [100, 4]),
      unshared: side(log, 'unshared', [100, 16]),
      cppo: side(log, 'cppo', [100, 5]),
      plain: side(log, 'plain', [100, 20]),
    },
  });
  const whole = ['ours', 'peer', 'grpo', 'unshared', 'cppo', 'plain'];
  const quick = ['ours', 'peer', 'grpo', 'cppo'];
  expect(log).toEqual([...whole, ...whole, ...quick, ...quick]);
  expect(measured).toEqual({
    name: 'small',
    engine: 'wasm',
    seconds: { sampling: 0.5, scoring: 0.5, update: 1, step: 2 },
    tokensPerSecond: { sampling: 128, step: 32 },
    memory: 100,
    overhead: { cppo: 1.25, plain: 5 },
    prefix: 0.25,
    peer: { step: 0.5, sampling: 0.5, memory: 0.5 },
    peerSeconds: { sampling: 1, scoring: 1, update: 2, step: 4 },
  });
});

it('says nothing of a peer that is not there', async () => {
  const turn = side([], 'any', [1]);
  const measured = await measureStep({
    ...{ name: 'tiny', engine: 'wasm', tokens: 1, rounds: 1 },
    sides: { ours: turn, grpo: turn, unshared: turn, cppo: turn, plain: turn },
  });
  expect(measured).not.toHaveProperty('peer');
});

it('takes the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

it('fits a line', () => {
  const exact = linearFit([1, 2, 5].map((x) => [x, 3 * x + 1]));
  expect(exact.slope).toBeCloseTo(3);
  expect(exact.intercept).toBeCloseTo(1);
  expect(exact.rSquared).toBeCloseTo(1);
  // Worked by hand: slope 3, intercept −2/3; residuals 2/3, −4/3, 2/3.
  const bent = linearFit([
    [0, 0],
    [1, 1],
    [2, 6],
  ]);
  expect(bent.slope).toBeCloseTo(3);
  expect(bent.rSquared).toBeCloseTo(1 - 8 / 3 / (62 / 3));
});
