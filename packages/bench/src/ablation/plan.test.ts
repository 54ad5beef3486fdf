import { describe, expect, it } from 'vitest';
import { armTables } from './arms.js';
import { armNamed, nameOf, plan, wholePlan } from './plan.js';
import { withOverrides } from './same-settings.js';

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

  it('replaces a setting of all arms by the one that is given', () => {
    expect(withOverrides(['steps=50', 'a.b=1'], ['steps=2', 'c=3'])).toEqual(['a.b=1', 'steps=2', 'c=3']);
  });
});
