import { join, resolve } from 'node:path';
import { UserError } from '@cppo/run';
import { describe, expect, it } from 'vitest';
import { nameOf } from '../ablation/plan.js';
import { readSweep } from './read-sweep.js';
import type { Settings } from './settings.js';

const read = (content: Settings, resolvePaths = (settings: Settings) => settings) =>
  readSweep('folder/mine.yaml', content, resolvePaths);
const names = (content: Settings) => read(content).runs.map(nameOf);

describe('readSweep', () => {
  it('takes each entry of the list with each point of the grid, a seed of all before the next', () => {
    const content = {
      list: [{ name: 'grpo', 'objective.type': 'grpo' }, { 'objective.cppo.coefficient': 0.02 }],
      grid: { steps: [1, 2], views: ['papo', { preserving: 'rotate', removing: ['occlude', 'invert'] }] },
      seeds: [3, 1],
    };
    const { runs, shared, output } = read(content);
    expect(runs.map(nameOf).slice(0, 8)).toEqual([
      'grpo,steps=1,views=papo-seed3',
      'grpo,steps=1,views=preserving-rotate-removing-occlude-invert-seed3',
      'grpo,steps=2,views=papo-seed3',
      'grpo,steps=2,views=preserving-rotate-removing-occlude-invert-seed3',
      'coefficient=0.02,steps=1,views=papo-seed3',
      'coefficient=0.02,steps=1,views=preserving-rotate-removing-occlude-invert-seed3',
      'coefficient=0.02,steps=2,views=papo-seed3',
      'coefficient=0.02,steps=2,views=preserving-rotate-removing-occlude-invert-seed3',
    ]);
    expect(runs).toHaveLength(16);
    expect(runs[8]?.seed).toBe(1);
    expect(runs[0]?.arm).toMatchObject({
      about: 'objective.type="grpo" steps=1 views="papo"',
      settings: ['objective.type="grpo"', 'steps=1', 'views="papo"'],
    });
    expect(runs[5]?.arm.settings[2]).toBe('views={"preserving":"rotate","removing":["occlude","invert"]}');
    expect([shared, output]).toEqual([[], join('runs', 'mine')]);
  });

  it('names arms by as much of their keys as keeps them apart, and by the file when nothing differs', () => {
    expect(names({ grid: { 'objective.cppo.coefficient': [0], 'objective.kl.coefficient': [0.1] } })).toEqual(
      ['cppo.coefficient=0,kl.coefficient=0.1-seed1'],
    );
    expect(names({ grid: { 'data.train': ['../sets/one.jsonl'], 'a.b': [null], b: ['x'] } })).toEqual([
      'train=one.jsonl,a.b=null,b=x-seed1',
    ]);
    expect(names({ seeds: [1, 2] })).toEqual(['mine-seed1', 'mine-seed2']);
  });

  it('makes paths absolute, each by its key', () => {
    const seen: Settings[] = [];
    const sweep = read(
      {
        config: 'base.yaml',
        output: 'here',
        settings: { data: { train: 'a.jsonl' } },
        grid: { 'data.eval': ['b.jsonl'] },
      },
      (settings) => {
        seen.push(settings);
        return JSON.parse(JSON.stringify(settings).replace(/(\w)\.jsonl/, '/$1'));
      },
    );
    expect(seen).toEqual([{ data: { eval: 'b.jsonl' } }, { data: { train: 'a.jsonl' } }]);
    expect(sweep.shared).toEqual(['data={"train":"/a"}']);
    expect(sweep.runs[0]?.arm.settings).toEqual(['data.eval="/b"']);
    expect([sweep.config, sweep.output]).toEqual([resolve('folder/base.yaml'), resolve('folder/here')]);
  });

  it.each<[Settings, string]>([
    [{ gird: {} }, 'gird: unknown key. Did you mean grid?'],
    [{ grid: { steps: 3 } }, 'grid.steps: found 3, expected a list.'],
    [{ grid: { steps: [] } }, 'grid.steps: found [], expected at least 1 of them.'],
    [{ seeds: [0] }, 'seeds.0: found 0, expected a number of at least 1.'],
    [{ seeds: [1, 2, 1] }, 'seeds: found 1 again, expected each once.'],
    [{ list: [{ name: 7 }] }, 'list.0.name: found 7, expected a string.'],
    [{ settings: { output: 'x' } }, 'settings: found output, expected it as output of the sweep.'],
    [{ list: [{}, { seed: 2 }] }, 'list.1: found seed, expected it as seeds.'],
    [
      { list: [{ name: 'a' }, { name: 'a' }] },
      'found two entries that are called a, expected a name for each.',
    ],
  ])('refuses %j in a sentence', (content, sentence) => {
    expect(() => read(content)).toThrow(new UserError(`folder/mine.yaml: ${sentence}`));
  });
});
