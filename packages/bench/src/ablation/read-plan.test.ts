import { describe, expect, it } from 'vitest';
import { armNamed, nameOf, wholePlan } from './plan.js';
import { readPlan } from './read-plan.js';

const grpo = { name: 'grpo', about: 'GRPO', settings: ['objective.type=grpo'] };
const start = { name: 'start', about: 'untrained', settings: [], training: 'none' };
const known = { name: 'known', about: 'true tokens', settings: ['objective.cppo.tokens=known'] };

describe('readPlan', () => {
  it('is run as the plan of the repository is', () => {
    const { protocol, tables } = readPlan({
      protocol: ['steps=120'],
      tables: [
        { title: 'One', seeds: 2, arms: [start, grpo] },
        { title: 'Two', seeds: 3, arms: ['grpo', known] },
      ],
    });
    expect(protocol).toEqual(['steps=120']);
    expect(wholePlan(tables).map(nameOf)).toEqual([
      ...['start', 'grpo-seed1', 'grpo-seed2', 'known-seed1', 'known-seed2', 'grpo-seed3', 'known-seed3'],
    ]);
    expect(armNamed('known', tables).settings).toEqual(known.settings);
    expect(() => armNamed('cppo', tables)).toThrow('There are start, grpo, known.');
  });

  const plan = (arms: readonly unknown[]) => ({ tables: [{ title: 'One', seeds: 1, arms }] });
  it.each([
    [{ tabels: [] }, 'plan: unknown option "tabels", did you mean "tables"?'],
    [{ tables: [] }, 'plan: tables: found [], expected a list of at least one.'],
    [{ protocol: ['steps'], tables: [] }, 'plan: protocol.0: found "steps", expected key=value.'],
    [
      { tables: [{ title: 'One', arms: [grpo] }] },
      'plan: tables.0.seeds: found nothing, expected a whole number',
    ],
    [
      plan(['grpo']),
      'plan: tables.0.arms.0: found "grpo", expected the name of an arm that is written out before.',
    ],
    [plan([grpo, grpo]), 'plan: tables.0.arms.1.name: found "grpo", expected a name that no arm has yet.'],
    [
      plan([{ ...grpo, setting: 1 }]),
      'plan: tables.0.arms.0: unknown option "setting", did you mean "settings"?',
    ],
    [plan([{ ...grpo, training: 'equal-time' }]), 'tables.0.arms.0.training: found "equal-time", expected'],
  ])('refuses %j', (value, message) => {
    expect(() => readPlan(value)).toThrow(message);
  });
});
