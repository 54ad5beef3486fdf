import { duration } from '@cppo/run';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fittedLine, Progress } from './progress.js';
import { stepFigures } from './step-figures.js';

const bars = ['█'.repeat(40), '░'.repeat(40)] as const;
const figures = ['reward 0.512', 'accuracy 0.50', '21 tokens', 'KL 0.0012', '812 tokens/s', '2.5 s'];

describe('fittedLine', () => {
  const line = (columns: number) =>
    fittedLine('training', 0.25, { done: 40, total: 160 }, { figures, left: '5 min 00 s' }, columns, bars);

  it.each([12, 20, 40, 60, 80, 120, 200])('never reaches the last of %i columns', (columns) => {
    expect(line(columns).length).toBeLessThan(columns);
  });

  it('shows what is most telling first, and the bar where there is room', () => {
    expect(line(40)).toBe('training 40/160 · 5 min 00 s left');
    expect(line(52)).toBe('training 40/160 · 5 min 00 s left · reward 0.512');
    expect(line(200)).toBe(
      `██████${'░'.repeat(18)} training 40/160 · 5 min 00 s left · ${figures.join(' · ')}`,
    );
  });
});

describe('Progress without a terminal', () => {
  const said: string[] = [];
  const terminal = process.stderr.isTTY;
  beforeEach(() => {
    said.length = 0;
    process.stderr.isTTY = false;
    vi.spyOn(console, 'error').mockImplementation((line: string) => void said.push(line));
  });
  afterEach(() => {
    process.stderr.isTTY = terminal;
    vi.restoreAllMocks();
  });

  it('says one line a step', () => {
    const progress = new Progress('training', 3, { everyLine: true });
    for (const step of [1, 2, 3]) progress.update(step, ['reward 0.5']);
    expect(said).toHaveLength(3);
    expect(said[2]).toBe('training 3/3 · reward 0.5 · 0 s left');
  });

  it('or the first and the last of what is quick', () => {
    const progress = new Progress('evaluation', 90);
    for (let done = 1; done <= 90; done++) progress.update(done);
    expect(said.map((line) => line.split(' · ')[0])).toEqual(['evaluation 1/90', 'evaluation 90/90']);
  });
});

it('shows the figures that a step has', () => {
  const metrics = {
    step: 1,
    'reward/mean': 0.5,
    'reward/accuracy': 0.25,
    'completion/length': 20.6,
    'policy/kl': 0.00123,
    'seconds/step': 10,
    'seconds/sampling': 6,
    'seconds/optimizer': 0.1,
  };
  expect(stepFigures(metrics)).toEqual([
    'reward 0.500',
    'accuracy 0.25',
    '21 tokens',
    'KL 0.0012',
    '10.0 s',
    'sampling 6.0 s',
  ]);
  const { 'policy/kl': _, ...without } = metrics;
  expect(stepFigures(without).join()).not.toContain('KL');
  expect(stepFigures({ ...metrics, 'gradient/broken': 1 })).toContain('no update');
});

it.each([
  [41.6, '42 s'],
  [185, '3 min 05 s'],
  [7800, '2 h 10 min'],
  [200_000, '2 d 7 h'],
])('%d seconds read %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
