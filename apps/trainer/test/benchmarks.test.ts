import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawSamples } from '@cppo/bench';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cppo } from './command.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'benchmarks-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../packages/dataset/src/__fixtures__/${name}`, import.meta.url));
const read = (file: string) => readFileSync(join(folder, file), 'utf8');

/** Questions that the shipped model can answer, in MathVista's columns. */
async function digitsAsMathVista(count: number): Promise<string> {
  const drawn = drawSamples({ tasks: ['digits'], seed: 7, count });
  const lines = await Promise.all(
    drawn.map(async ({ question, answer, image }, pid) =>
      JSON.stringify({
        pid: String(pid),
        question,
        answer,
        question_type: 'free_form',
        answer_type: 'integer',
        precision: null,
        choices: null,
        decoded_image: Buffer.from(await image.png()).toString('base64'),
        metadata: { task: 'digits', skills: ['arithmetic'] },
      }),
    ),
  );
  const file = join(folder, 'digits.jsonl');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

describe('cppo eval on benchmarks', { timeout: 120_000 }, () => {
  it('gives a result file each and their plain mean, and goes on where it was stopped', async () => {
    const out = join(folder, 'results');
    const parameters = [
      ...['eval', '--model', 'tiny', '--json', '--samples', '2', '--out', out],
      ...['--data', `benchmark:mathvista=${await digitsAsMathVista(20)}`],
      ...['--data', `benchmark:mathverse=${fixture('mathverse.parquet')}`],
    ];
    const first = await cppo(parameters);
    expect(first.code, first.stderr).toBe(0);
    const { average, complete, benchmarks } = JSON.parse(first.stdout);
    expect(complete).toBe(false);
    expect(benchmarks.map(({ benchmark }: { benchmark: string }) => benchmark)).toEqual([
      'mathvista',
      'mathverse',
    ]);
    const [digits, other] = benchmarks;
    expect(digits).toMatchObject({ samples: 20, repeats: 2, skipped: [] });
    // The model reads about half of such digits right and knows nothing of MathVerse.
    expect(digits.accuracy).toBeGreaterThan(0.1);
    expect(average).toBeCloseTo((digits.accuracy + other.accuracy) / 2, 12);
    expect(JSON.parse(read('results/mathvista.json'))).toEqual(digits);
    expect(JSON.parse(read('results/average.json'))).toMatchObject({
      average,
      complete,
      benchmarks: { mathvista: digits.accuracy, mathverse: other.accuracy },
    });

    // A kill: the second batch's last answers are half written.
    const answers = read('results/mathvista.answers.jsonl');
    const lines = answers.trimEnd().split('\n');
    expect(lines).toHaveLength(21);
    writeFileSync(
      join(out, 'mathvista.answers.jsonl'),
      `${lines.slice(0, 17).join('\n')}\n${lines[17]!.slice(0, 40)}`,
    );
    const second = await cppo(parameters);
    expect(second.code, second.stderr).toBe(0);
    expect(second.stdout).toBe(first.stdout);
    expect(read('results/mathvista.answers.jsonl')).toBe(answers);

    const other2 = await cppo([...parameters, '--temperature', '0.5']);
    expect(other2.code).toBe(2);
    expect(other2.stderr).toContain('holds answers made with temperature 1, found 0.5; expected the same');
  });

  it('keeps the answers to built-in tasks and files just so', async () => {
    const out = join(folder, 'built-in');
    const parameters = ['eval', '--model', 'tiny', '--data', 'builtin:digits', '--json', '--out', out];
    const asked = [...parameters, '--questions', '20', '--samples', '2'];
    const first = await cppo(asked);
    expect(first.code, first.stderr).toBe(0);
    const { avg } = JSON.parse(first.stdout);
    expect(JSON.parse(read('built-in/report.json'))).toMatchObject({ avg, skipped: [] });
    const answers = read('built-in/answers.jsonl');
    const lines = answers.trimEnd().split('\n');
    expect(lines).toHaveLength(21);
    writeFileSync(join(out, 'answers.jsonl'), `${lines.slice(0, 17).join('\n')}\n${lines[17]!.slice(0, 40)}`);
    const second = await cppo(asked);
    expect(second.stdout).toBe(first.stdout);
    expect(read('built-in/answers.jsonl')).toBe(answers);
    const other = await cppo([...asked, '--seed', '2']);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('holds answers made with seed 1, found 2');
  });

  it('says what is wrong with what it is asked for', async () => {
    const wrong = async (...data: string[]) => {
      const { code, stderr } = await cppo([
        'eval',
        '--model',
        'tiny',
        ...data.flatMap((each) => ['--data', each]),
      ]);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await wrong('benchmark:mathvist')).toContain('Did you mean mathvista?');
    expect(await wrong('benchmark:we-math=none.parquet')).toContain(
      '--data benchmark:we-math: openDataset: found no file or folder none.parquet',
    );
    expect(await wrong('builtin:digits', 'benchmark:we-math')).toContain(
      'expected one, or several of the form',
    );
  });
});
