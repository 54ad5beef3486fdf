import { expect, it } from 'vitest';
import { combineReports } from './combine-reports.js';

it('adds up counts and times, takes extremes as extremes and the mean of the rest', () => {
  const report = (value: number, skipped?: string, scored = 2) => ({
    ...(skipped === undefined ? {} : { skipped }),
    metrics: {
      'groups/scored': scored,
      'seconds/gradients': value,
      'loss/total': value,
      'policy/ratioMin': value,
      'policy/ratioMax': value,
      'policy/logProbDifference': value,
    },
  });
  expect(combineReports([report(1), report(3)])).toEqual({
    metrics: {
      updates: 2,
      'groups/scored': 4,
      'seconds/gradients': 4,
      'loss/total': 2,
      'policy/ratioMin': 1,
      'policy/ratioMax': 3,
      'policy/logProbDifference': 1,
    },
  });
  // A mini-batch without a group to learn from is no failure of the step.
  expect(combineReports([report(1, 'nothing', 0), report(1)]).skipped).toBeUndefined();
  expect(combineReports([report(1), report(1, 'NaN')]).skipped).toBe('NaN');
});
