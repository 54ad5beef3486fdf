import { beforeAll, describe, expect, it } from 'vitest';
import { startEngine } from '../engines/start-engine.js';
import { type ConformanceResult, runConformance } from './run-conformance.js';

describe('conformance of wasm to float64', () => {
  let results: ConformanceResult[] = [];
  beforeAll(async () => {
    await startEngine({ prefer: 'wasm' });
    results = await runConformance();
  }, 60_000);

  it('has every kernel, forward and gradient, within 1e-5', () => {
    const failed = results.filter(({ state }) => state !== 'passed');
    expect(failed).toEqual([]);
    expect(results.length).toBeGreaterThan(700);
  });
});
