import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { crossedInterval } from '../ablation/crossed-interval.js';
import { compareRuns } from './compare-runs.js';
import { differingSettings } from './differing-settings.js';
import { independentDifference } from './independent-difference.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-compare-'));
});
afterEach(() => rmSync(root, { recursive: true }));

interface Made {
  readonly objective?: string;
  readonly seed?: number;
  readonly questions?: number;
  readonly accuracies?: readonly number[];
  readonly after?: { readonly value: number; readonly low?: number; readonly high?: number };
}

/** A run directory as `cppo train` leaves it, as far as it is read. */
function makeRun(
  name: string,
  { objective = 'cppo', seed = 1, questions = 4, accuracies, after }: Made,
): string {
  const directory = join(root, name);
  mkdirSync(directory);
  const write = (file: string, content: object) =>
    writeFileSync(join(directory, file), JSON.stringify(content));
  write('config.json', {
    steps: 2,
    seed,
    output: directory,
    engine: { threads: seed },
    objective: { type: objective },
    data: { train: 'builtin:digits', eval: 'builtin:digits' },
    evaluation: { questions },
  });
  writeFileSync(
    join(directory, 'metrics.jsonl'),
    '{"step":1,"reward/mean":0.5}\n{"step":2,"reward/mean":0.75}\n',
  );
  const avg = after ?? (accuracies && { value: accuracies.reduce((sum, each) => sum + each, 0) / 4 });
  if (avg !== undefined) {
    const figures = { samplesPerQuestion: 8, avg, maj: avg, pass: { 8: avg }, format: 1, tasks: {} };
    write('evaluation-after.json', { ...figures, ...(accuracies && { accuracies }) });
  }
  return directory;
}

it('takes runs of one configuration together, whatever their seed and machine', () => {
  const runs = [
    makeRun('grpo-tiny-seed1', { objective: 'grpo', seed: 1 }),
    makeRun('cppo-tiny-seed1', { seed: 1 }),
    makeRun('grpo-tiny-seed2', { objective: 'grpo', seed: 2 }),
  ];
  const compared = compareRuns(runs, { title: 'three', pageOf: (run) => `to ${run}` });
  expect(compared.arms).toEqual([{ name: 'grpo-tiny' }, { name: 'cppo-tiny-seed1' }]);
  expect(compared.runs.map(({ arm }) => arm)).toEqual([0, 1, 0]);
  expect(compared.runs[1]).toMatchObject({
    name: 'cppo-tiny-seed1',
    done: 2,
    steps: 2,
    seed: 1,
    page: `to ${runs[1]}`,
    series: { steps: [1, 2], columns: { 'reward/mean': [0.5, 0.75] } },
    heldOut: { steps: [] },
  });
  expect(compared.settings).toEqual([{ key: 'objective.type', values: ['grpo', 'cppo'] }]);
  expect(compared).not.toHaveProperty('measure');
});

it('pairs two runs by question: an even gain has a narrow interval, though the questions differ widely', () => {
  const before = makeRun('before', { objective: 'grpo', accuracies: [0, 0.25, 0.5, 0.75] });
  const after = makeRun('after', { accuracies: [0.25, 0.5, 0.75, 1], seed: 2 });
  const [first, second] = compareRuns([before, after], { title: '' }).arms;
  expect(first?.difference).toBeUndefined();
  expect(first?.result).toEqual({ value: 0.375 });
  expect(second?.difference).toEqual({ value: 0.25, low: 0.25, high: 0.25, paired: 'questions' });
});

it('pairs several runs by seed and question, with the interval of crossed random effects', () => {
  const accuracies = [
    [0, 0.5, 0.5, 1],
    [0.25, 0.25, 0.5, 0.75],
    [0.5, 0.75, 0.75, 1],
    [0.25, 0.75, 1, 1],
  ] as const;
  const runs = [
    makeRun('grpo-seed1', { objective: 'grpo', seed: 1, accuracies: accuracies[0] }),
    makeRun('grpo-seed2', { objective: 'grpo', seed: 2, accuracies: accuracies[1] }),
    makeRun('cppo-seed1', { seed: 1, accuracies: accuracies[2] }),
    makeRun('cppo-seed2', { seed: 2, accuracies: accuracies[3] }),
  ];
  const [grpo, cppo] = compareRuns(runs, { title: '' }).arms;
  const gains = [0, 1].map((seed) =>
    [0, 1, 2, 3].map((i) => (accuracies[seed + 2]?.[i] ?? 0) - (accuracies[seed]?.[i] ?? 0)),
  );
  expect(cppo?.difference).toEqual({ ...crossedInterval(gains), paired: 'questions' });
  expect(grpo?.result).toEqual(crossedInterval([accuracies[0], accuracies[1]]));
});

it('takes runs with other questions as independent, and says nothing where an interval is not known', () => {
  const interval = { value: 0.5, low: 0.4, high: 0.6 };
  const before = makeRun('before', {
    objective: 'grpo',
    questions: 8,
    after: interval,
    accuracies: [0, 1, 1, 0],
  });
  const after = makeRun('after', { after: { value: 0.75, low: 0.7, high: 0.8 }, accuracies: [1, 1, 1, 0] });
  const [, second] = compareRuns([before, after], { title: '' }).arms;
  expect(second?.difference?.paired).toBe('none');
  expect(second?.difference?.value).toBeCloseTo(0.25, 12);
  expect(second?.difference?.low).toBeCloseTo(0.25 - Math.hypot(0.05, 0.1), 12);
  const unknown = makeRun('unknown', { objective: 'papo', after: { value: 0.6 } });
  expect(compareRuns([before, unknown], { title: '' }).arms[1]).toEqual({
    name: 'unknown',
    result: { value: 0.6 },
  });
});

it('gives the published interval of a difference of shares (Newcombe 1998, table II, method 10, (a))', () => {
  // 56/70 − 48/80 with Wilson's intervals of each: 0.0524 to 0.3339.
  const wilson = (right: number, all: number) => {
    const [z, share] = [1.959964, right / all];
    const middle = share + z ** 2 / (2 * all);
    const reach = z * Math.sqrt((share * (1 - share)) / all + z ** 2 / (4 * all ** 2));
    const scale = 1 + z ** 2 / all;
    return { value: share, low: (middle - reach) / scale, high: (middle + reach) / scale };
  };
  const difference = independentDifference(wilson(56, 70), wilson(48, 80));
  expect(difference.value).toBeCloseTo(0.2, 10);
  expect(difference.low).toBeCloseTo(0.0524, 4);
  expect(difference.high).toBeCloseTo(0.3339, 4);
});

it('lists keys that differ, those that some lack too', () => {
  const settings = differingSettings(
    [
      { a: { b: 1, c: [1, 2] }, seed: 1, views: 'auto' },
      { a: { b: 2, c: [1, 2] }, seed: 2, views: { removing: 'occlude' } },
    ],
    ['seed'],
  );
  expect(settings).toEqual([
    { key: 'a.b', values: ['1', '2'] },
    { key: 'views', values: ['auto', '–'] },
    { key: 'views.removing', values: ['–', 'occlude'] },
  ]);
});
