import { describe, expect, it } from 'vitest';
import { createTask, drawSamples, evaluate, plot, rowPlot } from './index.js';

/** What JavaScript can pass and TypeScript would not. */
const loose = <T>(value: unknown): T => value as T;

describe('wrong input is one sentence', () => {
  it.each([
    [{ seed: 1, count: 1, difficulty: 9 }, 'createTask: difficulty is 9; expected one of 1, 2, 3.'],
    [{ seed: 1, count: 1, level: 1 }, 'drawSamples: unknown option "level", expected one of "tasks"'],
    [{ seed: 1, count: 1, splits: 'x' }, 'drawSamples: unknown option "splits", did you mean "split"?'],
    [{ seed: 1, count: 1, split: 'test' }, 'createTask: split is "test", expected one of "in-domain"'],
    [{ seed: 1, count: -1 }, 'drawSamples: count is -1; expected a whole number'],
    [{ seed: '1', count: 1 }, 'drawSamples: seed is "1"; expected a number.'],
    [undefined, 'drawSamples: the options are undefined, expected an object.'],
  ])('drawSamples(%j)', (options, message) => {
    expect(() => drawSamples(loose(options))).toThrow(message);
  });
  it('of other functions', async () => {
    expect(() => createTask('digits', loose({ dificulty: 1 }))).toThrow('did you mean "difficulty"?');
    await expect(evaluate(loose<never>({ sample: [] }))).rejects.toThrow(
      'evaluate: unknown option "sample", did you mean "samples"?',
    );
    expect(() => plot(loose({ tittle: '' }))).toThrow('plot: unknown option "tittle", did you mean "title"?');
    expect(() => rowPlot(loose({ row: [] }))).toThrow('rowPlot: unknown option "row", did you mean "rows"?');
  });
});
