import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePng } from '@cppo/perturb';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cppo } from './command.js';

const shipped = fileURLToPath(new URL('../models/tiny', import.meta.url));
const minutes = 60_000;
let folder: string;
let digits: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seen-'));
  digits = join(folder, 'digits', 'samples.jsonl');
  const parameters = ['--task', 'digits', '--count', '6', '--seed', '5', '--out', join(folder, 'digits')];
  expect((await cppo(['bench', 'export', ...parameters])).code).toBe(0);
  const red = await encodePng({ width: 56, height: 56, data: new Uint8Array(3 * 56 * 56).fill(99) });
  writeFileSync(join(folder, 'plain.png'), red);
  // A black frame on clear pixels, which are black beneath.
  const drawn = new Uint8Array(4 * 56 * 56);
  for (let at = 0; at < 56; at++) {
    for (const width of [10, 11, 12, 40, 41, 42]) {
      drawn[4 * (width * 56 + at) + 3] = 255;
      drawn[4 * (at * 56 + width) + 3] = 255;
    }
  }
  await sharp(drawn, { raw: { width: 56, height: 56, channels: 4 } })
    .png()
    .toFile(join(folder, 'drawn.png'));
  await sharp(Buffer.alloc(3 * 1200 * 900, 120), { raw: { width: 1200, height: 900, channels: 3 } })
    .jpeg()
    .toFile(join(folder, 'photo.jpg'));
  await sharp(Buffer.alloc(3 * 3 * 900, 120), { raw: { width: 3, height: 900, channels: 3 } })
    .png()
    .toFile(join(folder, 'thin.png'));
}, minutes);
afterAll(() => rmSync(folder, { recursive: true }));

function rows(name: string, ...list: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, list.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}
const train = (name: string, ...settings: string[]) =>
  cppo([
    'train',
    ...[
      `output=${join(folder, name)}`,
      'steps=1',
      'data.eval=none',
      'rollout.prompts=2',
      'rollout.completions=2',
      'rollout.maxTokens=8',
      ...settings,
    ].flatMap((each) => ['--set', each]),
  ]);
const json = (...path: string[]) => JSON.parse(readFileSync(join(folder, ...path), 'utf8'));
const rollouts = (run: string): { id: string; question: string; completions: { text: string }[] }[] =>
  readFileSync(join(folder, run, 'rollouts', 'step-000001.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('what a model was trained with', { timeout: 3 * minutes }, () => {
  it('travels with it: a copy under another name is asked as the model itself', async () => {
    const copy = join(folder, 'copied');
    cpSync(shipped, copy, { recursive: true });
    const evaluation = async (model: string) => {
      const parameters = ['--model', model, '--data', digits, '--samples', '2', '--json'];
      const { code, stdout, stderr } = await cppo(['eval', ...parameters]);
      expect(code, stderr).toBe(0);
      expect(stderr).toContain('template   question (what the model was trained with)');
      expect(stderr).toContain('answers    up to 32 tokens (what the model was trained with)');
      return JSON.parse(stdout);
    };
    const own = await evaluation('tiny');
    expect(own.format).toBeGreaterThan(0.9);
    expect(await evaluation(copy)).toEqual({ ...own, settings: { ...own.settings, model: copy } });
  });

  it('is printed, kept in config.json, saved with the model, exported, and used again', async () => {
    const own = 'Look: {question} In short:';
    const { code, stderr } = await train(
      'noted',
      `data.train=${digits}`,
      `data.template=${own}`,
      'data.maxPixels=50000',
    );
    expect(code, stderr).toBe(0);
    const noted = { template: own, maxTokens: 8, background: 'drop', maxPixels: 50000 };
    expect(json('noted', 'model', 'cppo.json')).toEqual(noted);
    const out = join(folder, 'out');
    expect((await cppo(['export', '--run', join(folder, 'noted'), '--out', out])).code).toBe(0);
    expect(json('out', 'cppo.json')).toEqual(noted);

    const further = await train('further', `data.train=${digits}`, `model=${out}`);
    expect(further.stderr).toContain(`template   ${own} (what the model was trained with)`);
    expect(json('further', 'config.json').data).toMatchObject({
      template: own,
      background: 'drop',
      maxPixels: 50000,
    });
  });

  it('also with adapters', async () => {
    const { code, stderr } = await train(
      'adapted',
      `data.train=${digits}`,
      'lora={rank: 2}',
      'data.template=boxed',
    );
    expect(code, stderr).toBe(0);
    expect(json('adapted', 'checkpoints', 'step-000001', 'model', 'cppo.json')).toMatchObject({
      template: 'boxed',
    });
    const out = join(folder, 'adapted-out');
    expect((await cppo(['export', '--run', join(folder, 'adapted'), '--out', out])).code).toBe(0);
    expect(json('adapted-out', 'cppo.json')).toMatchObject({ template: 'boxed', maxTokens: 8 });
  });
});

describe('rows', { timeout: 3 * minutes }, () => {
  it('that cannot be asked are named by file and line, and left out when asked to', async () => {
    const data = rows(
      'faulty.jsonl',
      { question: 'Look <|vision_start|><|image_pad|><|vision_end|> how?', answer: '1', image: 'plain.png' },
      { question: 'thin?', answer: '1', image: 'thin.png' },
      { question: 'fine?', answer: '1', image: 'plain.png' },
    );
    const refused = await train('refused', `data.train=${data}`);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /faulty\.jsonl:1: field "question": found what cannot be made a prompt \(.*2 image tokens for 1 image/,
    );
    const { code, stderr } = await train(
      'skipped',
      `data.train=${data}`,
      'data.broken=skip',
      'rollout.prompts=1',
    );
    expect(code, stderr).toBe(0);
    const left = readFileSync(join(folder, 'skipped', 'left-out.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(left.map((line) => JSON.parse(line))).toMatchObject([
      { row: 1, reason: 'broken row' },
      { row: 2, reason: 'image that the model cannot take', detail: expect.stringContaining('300 times') },
    ]);
    expect(rollouts('skipped').map(({ id }) => id)).toEqual(['faulty.jsonl:3']);
  });

  it('reach the model whole: a system turn, earlier turns and the beginning of the answer', async () => {
    const content = '<image>How many?';
    const data = rows('turns.jsonl', {
      prompt: [
        { role: 'system', content: 'Answer in French' },
        { role: 'user', content },
        { role: 'assistant', content: 'red 3' },
      ],
      answer: '1',
      image: 'plain.png',
    });
    const longer = await train(
      'turns',
      `data.train=${data}`,
      'rollout.prompts=1',
      'data.maxPromptTokens=500',
    );
    expect(longer.code, longer.stderr).toBe(0);
    expect(rollouts('turns')[0]).toMatchObject({
      question: content,
      turns: [{ text: 'Answer in French' }, { text: content }, { text: 'red 3' }],
    });
    for (const { text } of rollouts('turns')[0]!.completions) expect(text).toMatch(/^red 3/);
    const tokens = (stderr: string) => Number(/prompts of up to (\d+)/.exec(stderr)?.[1]);
    const bare = rows('bare.jsonl', { question: content, answer: '1', image: 'plain.png' });
    const shorter = await train('bare', `data.train=${bare}`, 'rollout.prompts=1');
    expect(tokens(longer.stderr)).toBeGreaterThan(tokens(shorter.stderr) + 3);
  });
});

describe('pictures', { timeout: 3 * minutes }, () => {
  it('lose nothing to transparency in silence', async () => {
    const data = rows('drawn.jsonl', { question: 'What?', answer: '1', image: 'drawn.png' });
    const dropped = await train('dropped', `data.train=${data}`, 'rollout.prompts=1');
    expect(dropped.stderr).toMatch(
      /data\.train: transparency hides what 1 picture draws \(.*drawn\.jsonl:1\)/,
    );
    const white = await train('white', `data.train=${data}`, 'rollout.prompts=1', 'data.background=white');
    expect(white.code, white.stderr).toBe(0);
    expect(white.stderr).not.toContain('transparency hides');
    const shownIn = (page: string) =>
      readFileSync(join(folder, page), 'utf8').match(/data:image\/png;base64,([^"]+)/)![1]!;
    for (const [page, ...background] of [
      ['dropped.html'],
      ['white.html', '--background', 'white'],
    ] as const) {
      expect((await cppo(['data', 'inspect', data, '--html', join(folder, page), ...background])).code).toBe(
        0,
      );
    }
    const brightest = async (page: string) => {
      const { channels } = await sharp(Buffer.from(shownIn(page), 'base64')).stats();
      return channels[0]!.max;
    };
    expect(await brightest('dropped.html')).toBe(0);
    expect(await brightest('white.html')).toBe(255);
  });

  it('that make a prompt too long are said with the bound that makes them fit', async () => {
    const data = rows('photo.jsonl', { question: 'What?', answer: '1', image: 'photo.jpg' });
    const left = await train('long', `data.train=${data}`, 'data.maxPromptTokens=300');
    expect(left.code).toBe(2);
    const bound =
      /prompt longer than 300 tokens \(\d+ tokens, \d+ of them its picture; data\.maxPixels=(\d+) would shrink it to fit\)/.exec(
        left.stderr,
      )?.[1];
    const fitting = await train(
      'fitting',
      `data.train=${data}`,
      'data.maxPromptTokens=300',
      `data.maxPixels=${bound}`,
      'rollout.prompts=1',
    );
    expect(fitting.code, fitting.stderr).toBe(0);
    const wrong = await train('wrong', `data.train=${data}`, 'data.maxPixels=900', 'data.minPixels=1000');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(
      'data.minPixels: found 1000, expected at most data.maxPixels, which is 900.',
    );
    const tokens = await train('room', `data.train=${data}`, 'rollout.maxTokens=4096');
    expect(tokens.code).toBe(2);
    expect(tokens.stderr).toContain('rollout.maxTokens: found 4096, expected less than 4096');
  });
});

describe('paths', { timeout: 3 * minutes }, () => {
  it('of a configuration start at its folder, and a resumed run finds moved data from anywhere', async () => {
    const home = join(folder, 'home');
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(join(home, 'sets'), { recursive: true });
    mkdirSync(elsewhere);
    cpSync(join(folder, 'digits'), join(home, 'sets', 'digits'), { recursive: true });
    cpSync(shipped, join(home, 'small'), { recursive: true });
    writeFileSync(
      join(home, 'run.yaml'),
      'model: small\r\noutput: out\r\nsteps: 1\r\ndata: { train: sets/digits/samples.jsonl, eval: none }\r\nrollout: { prompts: 2, completions: 2, maxTokens: 8 }\r\n',
    );
    const begun = await cppo(['train', '--config', '../home/run.yaml'], { cwd: elsewhere });
    expect(begun.code, begun.stderr).toBe(0);
    expect(json('home', 'out', 'config.json')).toMatchObject({
      model: join(home, 'small'),
      data: { train: join(home, 'sets', 'digits', 'samples.jsonl') },
    });
    renameSync(join(home, 'sets'), join(elsewhere, 'sets'));
    const resume = ['train', '--resume', join(home, 'out'), '--steps', '2'];
    const lost = await cppo(resume, { cwd: tmpdir() });
    expect(lost.code).toBe(2);
    expect(lost.stderr).toMatch(
      /found no file or folder .*; where it has moved: cppo train --resume \S+ --set data\.train=/,
    );
    const found = await cppo([...resume, '--set', 'data.train=sets/digits/samples.jsonl'], {
      cwd: elsewhere,
    });
    expect(found.code, found.stderr).toBe(0);
    const other = rows('other.jsonl', { question: 'Who?', answer: '1', image: 'plain.png' });
    const refused = await cppo([...resume.slice(0, 3), '--steps', '3', '--set', `data.train=${other}`]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      'data.train: found 1 sample where the run began with 6, expected the same',
    );
  });
});

it('the table of a run knows the tasks and misreadings of exported samples', {
  timeout: 3 * minutes,
}, async () => {
  const settings = ['evaluation.questions=4', 'evaluation.samples=1', 'rollout.maxTokens=32'];
  const { code, stdout, stderr } = await train(
    'table',
    `data.train=${digits}`,
    `data.eval=${digits}`,
    ...settings,
  );
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/task.*misread/);
  expect(stdout).toMatch(/before\s+digits/);
});
