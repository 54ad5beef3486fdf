import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mean } from '../evaluate/estimates.js';
import type { Outcome } from '../evaluate/outcome.js';
import { bootstrapRuns, pairedDifference } from './paired.js';
import { armPlot, learningCurves } from './plots.js';
import { type AblationRecord, measured, parseAblations, questionAccuracies } from './record.js';
import { ablationTables } from './tables.js';

function outcome(id: string, task: string, right: number, answers = 8): Outcome {
  return {
    id,
    task,
    answers: Array.from({ length: answers }, (_, i) => ({
      text: '',
      accuracy: i < right ? 1 : 0,
      format: 1,
      tokens: 10,
      truncated: false,
      boxed: i < right ? '7' : String(100 + i),
      fault: i < right ? 'none' : 'perception',
    })),
  };
}

function record(
  arm: string,
  seed: number,
  digits: string,
  more: Partial<AblationRecord> = {},
): AblationRecord {
  const accuracies = Array.from(digits, (digit) => Number(digit) / 8);
  return {
    arm,
    seed,
    split: 'in-domain',
    avg8: mean(accuracies),
    maj8: 0.5,
    pass8: 1,
    format: 1,
    misread: 0.25,
    misreasoned: 0,
    unreadable: 0,
    correct: { digits },
    steps: 20,
    seconds: 40,
    secondsPerStep: 2,
    curve: [0.4, 0.5],
    protocol: ['steps=20'],
    settings: [],
    engine: 'none',
    commit: 'unknown',
    ...more,
  };
}

const layout = { title: 'Main table', arms: ['grpo', 'cppo'].map((name) => ({ name, about: `is ${name}` })) };

describe('measured', () => {
  it('keeps how many of the eight answers to each question are right', () => {
    const figures = measured([
      outcome('a', 'digits', 8),
      outcome('b', 'clocks', 3),
      outcome('c', 'digits', 0),
    ]);
    expect(figures.correct).toEqual({ digits: '80', clocks: '3' });
    expect(figures.avg8).toBeCloseTo(11 / 24, 5);
    expect(figures.pass8).toBeCloseTo(2 / 3, 5);
    expect(figures.misread).toBeCloseTo(13 / 24, 5);
  });

  it('refuses another number of answers', () => {
    expect(() => measured([outcome('a', 'digits', 1, 4)])).toThrow('question a has 4 answers; expected 8');
  });
});

describe('parseAblations', () => {
  it('gives back what was written, without a last line that a kill cut short', () => {
    const records = [record('grpo', 1, '08'), record('cppo', 1, '88')];
    const text = records.map((one) => `${JSON.stringify(one)}\n`).join('');
    expect(parseAblations(text)).toEqual(records);
    expect(parseAblations(`${text}{"arm":"cp`)).toEqual(records);
    expect(() => parseAblations(`{"arm"\n${text}`)).toThrow('line 1 is not JSON');
  });

  it.each([
    [{ protocol: undefined }, 'line 2, protocol: found nothing, expected a list of texts.'],
    [{ avg8: 54 }, 'line 2, avg8: found 54, expected a share from 0 to 1.'],
    [{ correct: { digits: '19' } }, 'line 2, correct: found {"digits":"19"}, expected for each task a digit'],
    [{ split: 'out' }, 'line 2, split: found "out", expected in-domain or out-of-domain.'],
  ])('says what is wrong with a line: %j', (wrong, message) => {
    const lines = [record('grpo', 1, '08'), { ...record('cppo', 1, '88'), ...wrong }];
    expect(() => parseAblations(lines.map((line) => JSON.stringify(line)).join('\n'))).toThrow(message);
    expect(() => parseAblations('7\n')).toThrow('line 1: found 7, expected a record.');
  });

  it('gives the accuracy of each question, tasks by name', () => {
    expect(questionAccuracies(record('grpo', 1, '', { correct: { shapes: '80', digits: '4' } }))).toEqual([
      0.5, 1, 0,
    ]);
  });
});

describe('bootstrapRuns', () => {
  it('is the mean, inside its interval', () => {
    const runs = fc.array(fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 5, maxLength: 5 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(runs, (drawn) => {
        const { value, low, high } = bootstrapRuns(drawn, { resamples: 400 });
        expect(value).toBeCloseTo(mean(drawn.flat()), 10);
        expect(low).toBeLessThanOrEqual(value + 1e-9);
        expect(high).toBeGreaterThanOrEqual(value - 1e-9);
      }),
      { numRuns: 30 },
    );
  });

  it('has the width of the standard error: 2·1.96·0.5/√400 for 400 coins of one seed', () => {
    const coins = Array.from({ length: 400 }, (_, i) => i % 2);
    const { low, high } = bootstrapRuns([coins]);
    expect(high - low).toBeGreaterThan(0.9 * 0.098);
    expect(high - low).toBeLessThan(1.1 * 0.098);
  });

  it('is wider when seeds differ than when they agree', () => {
    const width = (runs: number[][]) => {
      const { low, high } = bootstrapRuns(runs);
      return high - low;
    };
    const flat = (value: number) => Array.from({ length: 50 }, () => value);
    expect(width([flat(0.5), flat(0.5), flat(0.5)])).toBe(0);
    expect(width([flat(0.3), flat(0.5), flat(0.7)])).toBeGreaterThan(0.2);
  });
});

describe('pairedDifference', () => {
  it('takes the seeds that both have; the difficulty of questions cancels', () => {
    const before = new Map([
      [1, [0, 1, 0, 1]],
      [2, [1, 1, 0, 0]],
      [3, [1, 1, 1, 1]],
    ]);
    const after = new Map([
      [1, [0.25, 1.25, 0.25, 1.25]],
      [2, [1.25, 1.25, 0.25, 0.25]],
    ]);
    const { seeds, difference, crossed } = pairedDifference(before, after);
    expect(seeds).toBe(2);
    expect(crossed).toEqual({ value: 0.25, low: 0.25, high: 0.25 });
    expect(difference).toEqual({ value: 0.25, low: 0.25, high: 0.25 });
    expect(() => pairedDifference(before, new Map([[1, [0]]]))).toThrow('expected the same');
  });
});

describe('ablationTables', () => {
  const records = [
    ...[1, 2].map((seed) => record('grpo', seed, '0448')),
    ...[1, 2].map((seed) => record('cppo', seed, '1558')),
  ];

  it('names the seeds, the mean and the paired difference', () => {
    const text = ablationTables(records, [layout]);
    expect(text).toMatch(/\*\*grpo\*\* is grpo \| 2 \| 20 \| 50\.0 \(.*\) \| – \| – \|/);
    expect(text).toMatch(
      /\*\*cppo\*\* is cppo \| 2 \| 20 \| 59\.4 \(.*\) \| \+9\.4 \(.*\), 2 seeds \| \(−.* to \+.*\) \|/,
    );
    expect(ablationTables([...records].reverse(), [layout])).toBe(text);
  });

  it('compares the untrained model with every seed, and gives one seed no t-interval', () => {
    const start = record('start', 0, '0000', { steps: 0, curve: [] });
    const three = { ...layout, arms: [...layout.arms, { name: 'start', about: 'is untrained' }] };
    expect(ablationTables([...records, start], [three])).toMatch(
      /\*\*start\*\* is untrained \| 1 \| 0 \| 0\.0 .* \| −50\.0 \(.*\), 2 seeds \|/,
    );
    expect(
      ablationTables(
        records.filter(({ seed }) => seed === 1),
        [layout],
      ),
    ).toMatch(/1 seed \| – \|/);
  });

  it('leaves out what has not been run, and refuses to mix protocols', () => {
    expect(ablationTables([], [layout])).toContain('Nothing has been run');
    expect(ablationTables(records, [layout])).not.toContain('out-of-domain\n');
    expect(() =>
      ablationTables([...records, record('cppo', 3, '1', { protocol: ['steps=2'] })], [layout]),
    ).toThrow('expected one protocol');
    const settings = ['steps=20', 'data.train=builtin:digits'];
    const withLater = (protocol: string[]) =>
      records.map((each, i) => ({ ...each, protocol: i === 0 ? settings : protocol }));
    const same = ablationTables(withLater(settings), [layout]);
    expect(ablationTables(withLater(settings.toReversed()), [layout])).toBe(same);
  });

  it('draws plots that are the same for the same records', () => {
    const curves = learningCurves(records, layout) as string;
    expect(curves).toContain('grpo, 2 seeds');
    expect(learningCurves(records, layout)).toBe(curves);
    const sweep = { label: 'λ', values: { grpo: 0, cppo: 0.002 } };
    expect(armPlot(records, layout, sweep)).toContain('>0.002<');
    expect(armPlot(records.slice(0, 2), layout)).toBeUndefined();
    expect(curves).not.toMatch(/NaN|undefined|Infinity/);
  });
});
