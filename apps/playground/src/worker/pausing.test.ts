import { expect, it } from 'vitest';
import { Pausing } from './pausing.js';

it('waits while it is paused, and tells so', async () => {
  const pausing = new Pausing();
  const told: string[] = [];
  const pass = () => pausing.passed(() => told.push('paused')).then(() => told.push('passed'));
  await pass();
  expect(told).toEqual(['passed']);

  pausing.pause();
  const waiting = [pass(), pass()];
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(told).toEqual(['passed', 'paused', 'paused']);
  pausing.goOn();
  await Promise.all(waiting);
  expect(told).toEqual(['passed', 'paused', 'paused', 'passed', 'passed']);
});
