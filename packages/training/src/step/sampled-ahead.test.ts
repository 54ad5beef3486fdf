import { alone } from '@cppo/grpo';
import { expect, it } from 'vitest';
import type { Encoded } from '../contract/policy.js';
import type { Draw } from './draw.js';
import { PhaseClock } from './phase-clock.js';
import { SampledAhead, type SampledPrompts } from './sampled-ahead.js';

const none: SampledPrompts<Encoded> = { placed: [], groups: [] };

const drawOf = (step: number, signal?: AbortSignal): Draw<Encoded> => ({
  // Of all parts the number of steps is what it looks at.
  parts: { config: { steps: 3 } } as Draw<Encoded>['parts'],
  cluster: alone,
  step,
  clock: new PhaseClock(),
  check: async () => {},
  signal,
  leftOut: [],
  prompts: new Map(),
  perturbed: new Map(),
});

it('gives a step what was sampled for it with its pictures, and says what was left out', async () => {
  const ahead = new SampledAhead<Encoded>();
  expect(await ahead.take(drawOf(1))).toBeUndefined();
  let sampled = 0;
  const perturbed = { ids: Int32Array.of(1) };
  ahead.begin(drawOf(1), async (draw) => {
    sampled = draw.step;
    draw.leftOut.push('a picture');
    draw.perturbed.set(perturbed, []);
    return none;
  });
  expect(sampled).toBe(2);
  const second = drawOf(2);
  expect(await ahead.take(second)).toBe(none);
  expect(second.leftOut).toEqual(['a picture']);
  expect([...second.perturbed.keys()]).toEqual([perturbed]);
  expect(await ahead.take(drawOf(2))).toBeUndefined();
});

it('samples no step after the last', () => {
  const ahead = new SampledAhead<Encoded>();
  ahead.begin(drawOf(3), () => expect.unreachable());
});

it('reports what went wrong at its turn, to nobody before', async () => {
  const ahead = new SampledAhead<Encoded>();
  const wrong = new Error('gone');
  ahead.begin(drawOf(1), () => Promise.reject(wrong));
  await new Promise((resolve) => setTimeout(resolve));
  await expect(ahead.take(drawOf(2))).rejects.toBe(wrong);
});

it.each(['the end of the run', 'the request to stop'])('is given up at %s', async (what) => {
  const ahead = new SampledAhead<Encoded>();
  const request = new AbortController();
  let given: AbortSignal | undefined;
  ahead.begin(drawOf(1, request.signal), ({ signal }) => {
    given = signal;
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  });
  expect(given?.aborted).toBe(false);
  if (what === 'the end of the run') await ahead.stop();
  else request.abort(new Error('Ctrl-C'));
  expect(given?.aborted).toBe(true);
});
