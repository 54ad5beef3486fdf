import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@cppo/perturb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cppo } from './command.js';

let folder: string;
let picture: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'own-data-'));
  const png = await encodePng({
    width: 40,
    height: 30,
    data: new Uint8Array(3600).map((_, i) => (i * 37) % 256),
  });
  picture = Buffer.from(png).toString('base64');
  const broken = Buffer.from(png);
  // Header and end marker stay: only a decoder sees that the picture is broken.
  broken.fill(0x55, broken.length >> 1, (broken.length >> 1) + 24);
  writeFileSync(join(folder, 'broken.png'), broken);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lines(name: string, ...rows: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
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

describe("training on data of one's own", { timeout: 120_000 }, () => {
  it('leaves out what the model cannot be asked, counted and listed; several pictures are one sample', async () => {
    const rows = lines(
      'mixed.jsonl',
      { question: '<image> and <image>: the same?', answer: 'yes', images: [picture, picture] },
      { question: 'No picture?', answer: '1' },
      { question: 'Too long? '.repeat(60), answer: '1', image: picture },
      { question: 'Broken?', answer: '1', image: 'broken.png' },
      { question: 'How many?', answer: '2', image: picture },
    );
    const { code, stderr } = await train(
      'mixed',
      `data.train=${rows}`,
      'data.maxPromptTokens=100',
      'data.broken=skip',
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(
      'data.train: 2 samples; 3 rows left out (1 × no image, 1 × prompt longer than 100 tokens, 1 × undecodable image):',
    );
    expect(stderr).toContain('mixed.jsonl:3: prompt longer than 100 tokens');
    const kept = readFileSync(join(folder, 'mixed', 'left-out.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(kept.map((line) => JSON.parse(line))).toMatchObject([
      { data: 'data.train', row: 2, reason: 'no image' },
      { data: 'data.train', row: 3, reason: 'prompt longer than 100 tokens' },
      { data: 'data.train', row: 4, reason: 'undecodable image' },
    ]);
  });

  it('names broken lines before anything is trained', async () => {
    const rows = lines(
      'faulty.jsonl',
      { question: 'q', answer: '1', image: 'broken.png' },
      { question: 'q' },
    );
    const { code, stderr } = await train('faulty', `data.train=${rows}`);
    expect(code).toBe(2);
    expect(stderr).toMatch(/faulty\.jsonl:1: field "images": found undecodable image "broken\.png"/);
    expect(stderr).toMatch(/faulty\.jsonl:2: field "answer": found no such column/);
  });

  it('mixes sets by weight', async () => {
    const one = lines('one.jsonl', { question: 'one', answer: '1', image: picture });
    const two = lines('two.jsonl', { question: 'two', answer: '2', image: picture });
    const sets = (...more: string[]) =>
      `data.train=[{source: ${one}, weight: 3}, {source: ${two}}${more.map((each) => `, {source: ${each}}`).join('')}]`;
    const mixed = await train('weights', sets());
    expect(mixed.code, mixed.stderr).toBe(0);
    expect(mixed.stderr).toContain(`3*${one} + 1*${two}`);
    const drawn = await train('drawn', sets('builtin:digits'));
    expect(drawn.code).toBe(2);
    expect(drawn.stderr).toContain('data.train: found builtin:digits in a list');
  });
});

describe('cppo data inspect', () => {
  it('prints counts and what is skipped, by row and reason', async () => {
    const rows = lines(
      'inspected.jsonl',
      { question: 'q', answer: '1', image: picture },
      { question: 'q', answer: '1', image: 'broken.png' },
      { question: 'q', answer: '1' },
    );
    const { code, stdout } = await cppo(['data', 'inspect', rows, '--json']);
    expect(code).toBe(0);
    const { samples, images, skipped } = JSON.parse(stdout);
    expect({ samples, images }).toEqual({ samples: 1, images: 1 });
    expect(skipped).toMatchObject([
      { row: 2, reason: 'undecodable image' },
      { row: 3, reason: 'no image' },
    ]);
  });

  it('shows the other turns of a conversation', async () => {
    const prompt = [
      { role: 'system', content: 'Answer in French' },
      { role: 'user', content: '<image>How many?' },
    ];
    const { stdout } = await cppo([
      'data',
      'inspect',
      lines('turns.jsonl', { prompt, answer: '1', image: picture }),
    ]);
    expect(stdout).toContain('example      system "Answer in French", user "<image>How many?" → "1"');
  });
});

describe('cppo reward', () => {
  it('prints a verdict a line, and names a broken line', async () => {
    const pairs = lines(
      'pairs.jsonl',
      { completion: '<think>x</think> \\boxed{\\frac12}', answer: '0.5' },
      { completion: 'half', answer: '0.5' },
    );
    const { code, stdout } = await cppo(['reward', '--pairs', pairs]);
    expect(code).toBe(0);
    const verdicts = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(verdicts).toMatchObject([
      { reward: 1, accuracy: 1, format: 1, why: 'the same number' },
      { reward: 0, accuracy: 0, format: 0, why: 'the completion has no closed \\boxed{} at its end' },
    ]);
    const broken = lines('broken-pairs.jsonl', { completion: 'x', answer: '1' }, { completion: 3 });
    const refused = await cppo(['reward', '--pairs', broken]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/broken-pairs\.jsonl:2: completion: /);
  });
});
