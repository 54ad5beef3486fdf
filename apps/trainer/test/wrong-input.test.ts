import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cppo } from './command.js';

const run = fileURLToPath(new URL('../../../packages/run/test/__fixtures__/run', import.meta.url));
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-wrong-'));
  mkdirSync(join(root, 'empty'));
  writeFileSync(join(root, 'note.txt'), 'hello\n');
});
afterAll(() => rmSync(root, { recursive: true }));

const inspect = ['inspect', '--model', 'tiny', '--prompt', 'a'];

it('says its version', async () => {
  const { code, stdout } = await cppo(['--version']);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(code).toBe(0);
});

describe('a wrong input exits with 2, one sentence and nothing written', () => {
  it.each<[string[], string]>([
    [[...inspect, '--image', 'none.png'], '--image: there is no file none.png.'],
    [[...inspect, '--image', 'note.txt'], 'note.txt'],
    [[...inspect, '--image', 'empty'], '--image: found the directory empty, expected a picture.'],
    [inspect, "required option '--image <file>' not specified"],
    [[...inspect, '--image', 'note.txt', '--ratio', '1.5'], 'Expected a number above 0 and at most 1.'],
    [[...inspect, '--image', 'note.txt', '--views', 'nope'], 'Allowed choices are cppoVerl'],
    [[...inspect, '--image', 'note.txt', '--html', 'no/x.html'], '--html: found no/x.html'],
    [
      ['generate', '--model', 'tiny', '--prompt', 'a', '--top-p', '0'],
      "'--top-p <p>' argument '0' is invalid",
    ],
    [['generate', '--model', 'tiny', '--prompt', 'a', '--temperature', '-1'], 'Expected a number from 0.'],
    [['generate', '--model', './nowhere', '--prompt', 'a'], './nowhere'],
    [
      ['generate', '--model', run, '--prompt', 'a'],
      `--model: found ${run}, a run, which has no model yet: cppo export`,
    ],
    [['eval', '--model', run, '--data', 'builtin:digits'], `cppo export --run ${run} --out DIR`],
    [['train', '--set', `model=${run}`], `model: found ${run}, a run, which`],
    [
      ['train', '--set', 'learning_rate=1'],
      'learning_rate: unknown key. Did you mean optimizer.learningRate?',
    ],
    [['views', '--image', 'note.txt'], 'note.txt'],
    [['views', '--image', 'note.txt', '--out', 'empty'], '--out: found the directory empty'],
    [['bench', 'sheet', '--task', 'nope'], '--task: found nope, expected one of digits'],
    [
      ['bench', 'views', '--view', 'rotat'],
      '--view: createPerturbation: unknown perturbation "rotat", did you mean "rotate"?',
    ],
    [['bench', 'views', '--view', '{degrees: 3}'], '--view: found {degrees: 3}, expected a perturbation'],
    [['data', 'inspect', 'note.txt', '--html', 'no/x.html'], '--html: found no/x.html'],
    [
      ['eval', '--model', 'tiny', '--data', 'builtin:digits', '--out', 'note.txt'],
      'note.txt, which cannot be made a directory (EEXIST)',
    ],
    [
      ['bench', 'cost', '--steps', '1', '--out', 'note.txt/x'],
      '--out: found note.txt/x, which cannot be made a directory',
    ],
    [
      ['bench', 'ablation', '--arm', 'grpo', '--results', 'note.txt/x.jsonl'],
      '--results: found note.txt, but',
    ],
    [['bench', 'tables', '--results', 'none.jsonl'], '--results: there is no file none.jsonl'],
    [['export', '--run', 'empty', '--out', 'x'], '--run: empty holds no run'],
    [['export', '--run', run, '--out', 'empty'], '--out: empty exists'],
    [['report', '--run', 'empty'], 'empty holds no run'],
    [['report', '--run', run, '--out', 'no/x.html'], 'there is no directory no'],
    [['watch', 'empty'], 'empty holds no run'],
    [['watch', run, '--port', '70000'], 'Expected a port from 0 to 65535.'],
    [['train', '--watch', 'abc'], 'Expected a port from 0 to 65535.'],
    [['train', '--steps', '0'], "'--steps <count>' argument '0' is invalid. Expected a whole number from 1."],
    [['train', '--nope'], "unknown option '--nope'"],
    [['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish.'],
  ])('%j', async (parameters, sentence) => {
    const { code, stderr } = await cppo(parameters, { cwd: root });
    expect(stderr).toContain(sentence);
    expect(
      stderr
        .trim()
        .split('\n')
        .filter((line) => line !== '(--help lists the options)'),
    ).toHaveLength(1);
    expect(code).toBe(2);
    expect(readdirSync(root).sort()).toEqual(['empty', 'note.txt']);
  });
});
