import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AblationRecord } from '@cppo/bench';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arms, armTables, protocol } from './arms.js';
import { armNamed, nameOf, plan, wholePlan } from './plan.js';
import { appendResult, readResults } from './results-file.js';
import { type ArmOptions, configOf, missingSplits } from './run-arm.js';
import { stepsForTime } from './steps-for-time.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-ablation-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const options = (): ArmOptions => ({
  protocol,
  results: join(root, 'results.jsonl'),
  cost: join(root, 'cost.json'),
  runs: join(root, 'runs'),
});

describe('the plan', () => {
  it('gives every arm a seed before any has the next one, and no run twice', () => {
    const names = wholePlan().map(nameOf);
    expect(new Set(names).size).toBe(names.length);
    const main = armTables[0]!;
    const seeds = wholePlan()
      .slice(1, 1 + main.seeds * (main.arms.length - 1))
      .map(({ seed }) => seed);
    expect(seeds).toEqual([...seeds].sort((one, other) => one - other));
    expect(names[0]).toBe('start');
  });

  it('runs an untrained arm once', () => {
    expect(plan([armNamed('start'), armNamed('grpo')], [3, 4]).map(nameOf)).toEqual([
      'start',
      'grpo-seed3',
      'grpo-seed4',
    ]);
    expect(() => armNamed('cpo')).toThrow('Did you mean cppo?');
  });
});

describe('the arms', () => {
  it('have settings that the trainer takes, each its own', async () => {
    writeFileSync(
      options().cost,
      JSON.stringify({ objectives: { cppo: { seconds: 3 }, grpo: { seconds: 2 } } }),
    );
    const seen = new Map<string, string>();
    for (const arm of arms) {
      const { output: _, ...config } = await configOf({ arm, seed: 1 }, options());
      if (arm.training === 'none') continue;
      const text = JSON.stringify(config);
      expect(seen.get(text), arm.name).toBeUndefined();
      seen.set(text, arm.name);
    }
  });

  it('gives GRPO the time of CPPO', async () => {
    expect(stepsForTime(options().cost, 100)).toBe(150);
    const config = await configOf({ arm: armNamed('grpo-equal-time'), seed: 1 }, options());
    expect(config.steps).toBe(75);
    expect(() => stepsForTime(join(root, 'none.json'), 100)).toThrow('measure the cost first');
  });
});

describe('the results file', () => {
  const record = (more: Partial<AblationRecord>) =>
    ({
      ...{ arm: 'grpo', seed: 1, protocol, settings: armNamed('grpo').settings },
      ...{ avg8: 0.5, maj8: 0.5, pass8: 1, format: 1, misread: 0.5, misreasoned: 0, unreadable: 0 },
      ...{ correct: { digits: '08' }, steps: 100, seconds: 100, secondsPerStep: 1, curve: [] },
      ...{ engine: 'none', commit: 'unknown' },
      ...more,
    }) as AblationRecord;

  it('says what is missing', async () => {
    const run = { arm: armNamed('grpo'), seed: 1 };
    const config = await configOf(run, options());
    const splits = () => missingSplits(run, config, options()).map(([split]) => split);
    expect(splits()).toEqual(['in-domain', 'out-of-domain']);
    appendResult(options().results, record({ split: 'in-domain' }));
    appendResult(options().results, record({ split: 'out-of-domain', seed: 2 }));
    appendResult(options().results, record({ split: 'out-of-domain', protocol: ['steps=2'] }));
    expect(splits()).toEqual(['out-of-domain']);
  });

  it('drops the piece that a kill left before it adds a line', () => {
    const path = join(root, 'cut.jsonl');
    appendResult(path, record({ split: 'in-domain' }));
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"arm":"cp`);
    appendResult(path, record({ split: 'out-of-domain' }));
    expect(readResults(path).map(({ split }) => split)).toEqual(['in-domain', 'out-of-domain']);
    writeFileSync(path, 'nonsense\n{}\n');
    expect(() => readResults(path)).toThrow('line 1 is not JSON');
  });
});
