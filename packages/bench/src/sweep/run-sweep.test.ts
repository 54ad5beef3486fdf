import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@cppo/run';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSweep } from './read-sweep.js';
import { describeSweep, type RunSources, runSweep } from './run-sweep.js';
import type { Settings } from './settings.js';

/**
 * Leaves what a run of two steps leaves: accuracy rises by `gain`. With `fail` it ends with code 2, with `stop` after the
 * first step as Ctrl-C ends it, unless it is resumed.
 */
const program = `
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const [command, ...given] = process.argv.slice(2);
const resumed = given[0] === '--resume';
const set = Object.fromEntries(given.filter((_, i) => given[i - 1] === '--set').map((each) => {
  const equals = each.indexOf('=');
  return [each.slice(0, equals), JSON.parse(each.slice(equals + 1))];
}));
const directory = resumed ? given[1] : set.output;
console.error(command, resumed ? 'resumes' : 'begins');
if (set.fail) {
  console.error('cppo: model: found nothing.');
  process.exit(2);
}
mkdirSync(directory, { recursive: true });
const write = (name, value) => writeFileSync(join(directory, name), JSON.stringify(value));
const config = resumed ? JSON.parse(readFileSync(join(directory, 'config.json'))) : {
  ...set, steps: 2, data: { eval: 'held out' }, evaluation: { questions: 2 },
};
write('config.json', config);
const stop = config.stop && !resumed;
writeFileSync(join(directory, 'metrics.jsonl'), (stop ? [1] : [1, 2]).map((step) => JSON.stringify({ step }) + '\\n').join(''));
write('sessions.json', [{
  started: '2026-01-01T00:00:00Z', ended: '2026-01-01T00:01:30Z', first: 0, engine: 'none', version: '1',
  outcome: stop ? 'stopped' : 'finished',
}]);
if (stop) process.exit(130);
const accuracies = [0, 0.5].map((share) => share + (config.gain ?? 0));
const avg = { value: accuracies[0] / 2 + accuracies[1] / 2 };
write('evaluation-after.json', { samplesPerQuestion: 8, avg, maj: avg, pass: { 8: avg }, format: 1, tasks: {}, accuracies });
`;

let root: string;
let said: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-sweep-'));
  said = [];
  writeFileSync(join(root, 'program.mjs'), program);
});
afterEach(() => rmSync(root, { recursive: true }));

const configured: RunSources[] = [];
const configure = async (sources: RunSources) => {
  configured.push(sources);
  return { set: sources.set.filter((each) => !each.startsWith('output=')) };
};
const sweepOf = (content: Settings) =>
  readSweep(join(root, 'mine.yaml'), { output: 'runs', ...content }, (settings) => settings);
const run = (content: Settings, jobs = 1) =>
  runSweep(sweepOf(content), {
    ...{ configure, jobs, program: join(root, 'program.mjs') },
    say: (line) => void said.push(line),
  });
const log = (name: string) => readFileSync(join(root, 'runs', `${name}.log`), 'utf8');

it('makes every run, says a line of each, and ends in a page that compares them', async () => {
  const content = { settings: { common: 1 }, grid: { gain: [0, 0.25] }, seeds: [1, 2] };
  expect(await run(content)).toEqual({ failed: [] });
  expect(configured.at(-1)).toEqual({
    set: [
      'common=1',
      'gain=0.25',
      'seed=2',
      `output=${JSON.stringify(join(root, 'runs', 'gain=0.25-seed2'))}`,
    ],
  });
  expect(said.slice(0, 5)).toEqual([
    `4 runs, 0 of them done; their logs are in ${join(root, 'runs')}`,
    '1/4 gain=0-seed1: avg@8 25.0 %, 1 min 30 s',
    '2/4 gain=0.25-seed1: avg@8 50.0 %, 1 min 30 s',
    '3/4 gain=0-seed2: avg@8 25.0 %, 1 min 30 s',
    '4/4 gain=0.25-seed2: avg@8 50.0 %, 1 min 30 s',
  ]);
  expect(said[5]).toMatch(/gain=0\.25 +2 +50\.0 % +\+25\.0 \(\+25\.0 to \+25\.0\)/);
  expect(readFileSync(join(root, 'runs', 'compare.html'), 'utf8')).toContain('gain=0.25');
  expect(await describeSweep(sweepOf(content), configure)).toContain('gain=0.25-seed2: done (gain=0.25)');
  // Once more: nothing is repeated.
  said = [];
  await run(content);
  expect(said[0]).toMatch(/^4 runs, 4 of them done;/);
  expect(said).toHaveLength(2);
  expect(log('gain=0-seed1')).toBe('train begins\n');
});

it('goes on where it was stopped, at one run or at several at once', async () => {
  const content = { list: [{ name: 'a' }, { name: 'b', stop: true }, { name: 'c', gain: 1 }] };
  expect(await run(content)).toEqual({ failed: [], stopped: 130 });
  expect(said.slice(1)).toEqual([
    '1/3 a-seed1: avg@8 25.0 %, 1 min 30 s',
    '2/3 b-seed1: stopped; the same command goes on',
  ]);
  expect(existsSync(join(root, 'runs', 'compare.html'))).toBe(false);
  expect(await describeSweep(sweepOf(content), configure)).toEqual([
    'a-seed1: done',
    'b-seed1: goes on after step 1 of 2 (stop=true)',
    'c-seed1: to do (gain=1)',
  ]);
  expect(await run(content, 2)).toEqual({ failed: [] });
  expect(log('a-seed1')).toBe('train begins\n');
  expect(log('b-seed1')).toBe('train begins\ntrain resumes\n');
});

it('does the other runs when one fails, and says where its log is', async () => {
  expect(await run({ list: [{ name: 'a', fail: true }, { name: 'b' }] })).toEqual({ failed: ['a-seed1'] });
  const file = join(root, 'runs', 'a-seed1.log');
  expect(said.slice(1)).toEqual([
    `1/2 a-seed1: failed with exit code 2: cppo: model: found nothing. (${file})`,
    '2/2 b-seed1: avg@8 25.0 %, 1 min 30 s',
    '1 of the runs is done: nothing to compare.',
  ]);
});

it('makes no run where a configuration is wrong, where two are the same, or where another sweep was', async () => {
  const wrong = async ({ set }: RunSources) => {
    if (set.includes('gain=2')) throw new UserError('gain: found 2, expected less.');
    return {};
  };
  const sweep = sweepOf({ grid: { gain: [1, 2] } });
  const options = { configure: wrong, jobs: 1, program: join(root, 'program.mjs'), say: () => {} };
  const sentence = `${join(root, 'mine.yaml')}, gain=2-seed1: gain: found 2, expected less.`;
  await expect(runSweep(sweep, options)).rejects.toThrow(sentence);
  await expect(describeSweep(sweep, wrong)).rejects.toThrow(sentence);
  const alike = runSweep(sweepOf({ list: [{ name: 'a' }, { name: 'b' }] }), options);
  await expect(alike).rejects.toThrow('a-seed1 and b-seed1 are the same run, expected different settings.');
  expect(existsSync(join(root, 'runs'))).toBe(false);
  await run({ list: [{ name: 'a', gain: 1 }] });
  await expect(run({ list: [{ name: 'a', gain: 3 }] })).rejects.toThrow(
    `${join(root, 'runs', 'a-seed1')} holds a run with other settings; remove it, or give the sweep another output.`,
  );
});
