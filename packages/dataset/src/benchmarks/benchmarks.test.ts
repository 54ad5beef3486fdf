import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { benchmarkNamed, openDataset, type Sample, scoreCompletion } from '../index.js';

// Equality proper is @cppo/reward's; here it is enough that white space and signs of mathematics do not count.
const equal = (answer: string, reference: string): boolean =>
  answer.replace(/[\s$]/g, '') === reference.replace(/[\s$]/g, '');

const fixture = (name: string): string => fileURLToPath(new URL(`../__fixtures__/${name}`, import.meta.url));

/** Judges `\boxed{answer}` for a row of a fixture. */
async function judged(
  name: string,
  file: string,
  row: number,
  answers: readonly string[],
): Promise<boolean[]> {
  const set = await openDataset(fixture(file));
  const sample = await set.read(row);
  await set.close();
  const verdicts = await Promise.all(
    answers.map((answer) =>
      scoreCompletion(benchmarkNamed(name), sample, `So \\boxed{${answer}}`, { equal }),
    ),
  );
  return verdicts.map(({ correct }) => correct);
}

describe('scorers', () => {
  it('MathVista: floats to the precision of the row, with units', async () => {
    const answers = [
      '1.2',
      '1.24',
      '1.16 kg',
      '\\text{1.2 kg}',
      '1.3',
      'heavy',
      '-1.2',
      '12e-1',
      '1.2, 1.3',
      '1.2 or 7',
    ];
    const verdicts = [true, true, true, true, false, false, false, true, false, false];
    expect(await judged('mathvista', 'mathvista.parquet', 0, answers)).toEqual(verdicts);
  });

  it('MathVista: whole numbers, with thousands separators', async () => {
    expect(
      await judged('mathvista', 'mathvista.parquet', 1, [
        '1000',
        '1,000',
        '1000.0',
        '\\$1{,}000',
        '100',
        '1001',
      ]),
    ).toEqual([true, true, true, true, false, false]);
  });

  it('MathVista: choices by letter, by words and by both', async () => {
    const answers = ['C', '(C)', 'c', '(C) 6/11', '6/11', '$6/11$', 'C. 6/11', 'A', '3/11', 'Z', '7/11'];
    const verdicts = [true, true, true, true, true, true, true, false, false, false, false];
    expect(await judged('mathvista', 'mathvista.parquet', 2, answers)).toEqual(verdicts);
  });

  it('MathVista: lists number by number', async () => {
    const answers = ['[2007, 2008]', '[2007,2008]', '[2008, 2007]', '2007'];
    expect(await judged('mathvista', 'mathvista.parquet', 3, answers)).toEqual([true, true, false, false]);
  });

  it('DynaMath: a thousandth, letters, words', async () => {
    expect(
      await judged('dynamath', 'dynamath.parquet', 0, [
        '1.333',
        '1.334',
        '4/3',
        '\\frac{4}{3}',
        '1.335',
        '1.33',
      ]),
    ).toEqual([true, true, true, true, false, false]);
    expect(await judged('dynamath', 'dynamath.parquet', 1, ['B', '(B) odd', 'A', 'odd'])).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(await judged('dynamath', 'dynamath.parquet', 2, ['norway', 'Sweden'])).toEqual([true, false]);
  });

  it('We-Math: letters and the choices they stand for', async () => {
    expect(await judged('we-math', 'we-math.parquet', 0, ['A', 'A. 30°', '30°', 'E', '45°'])).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('MATH-Vision: letters where there are choices, values where not', async () => {
    expect(await judged('math-vision', 'math-vision.parquet', 0, ['D', '\\text{(D)}', 'E', 'F'])).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(await judged('math-vision', 'math-vision.parquet', 1, ['$1:3$', '1:3', 'A'])).toEqual([
      true,
      true,
      false,
    ]);
    expect(await judged('math-vision', 'math-vision.parquet', 2, ['\\frac{3}{4}', '\\frac{3}{5}'])).toEqual([
      true,
      false,
    ]);
  });

  it('MathVerse: letters of its own lines of choices, equations', async () => {
    expect(await judged('mathverse', 'mathverse.parquet', 0, ['B', 'B:4', '4', '2', 'C'])).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(await judged('mathverse', 'mathverse.parquet', 1, ['x = -2', 'x=2'])).toEqual([true, false]);
  });

  it('LogicVista: all the letters in any order', async () => {
    expect(await judged('logicvista', 'logicvista/dataset.json', 0, ['C', '(C)', 'A, C', 'A'])).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(
      await judged('logicvista', 'logicvista/dataset.json', 1, [
        'A, C',
        'C and A',
        'AC',
        'A',
        'A, B, C',
        'none',
      ]),
    ).toEqual([true, true, true, false, false, false]);
  });

  it('MMMU-Pro: ten letters', async () => {
    expect(
      await judged('mmmu-pro-vision', 'mmmu-pro-vision.parquet', 1, [
        'J',
        '(J) choice 9',
        'choice 9',
        'I',
        'K',
      ]),
    ).toEqual([true, true, true, false, false]);
  });

  it('finds an answer outside a box unless told not to', async () => {
    const sample = {
      id: '',
      question: '',
      answer: 'B',
      images: [],
      metadata: { choices: ['1', '2'] },
    } as Sample;
    const score = async (completion: string, boxedOnly = false): Promise<boolean> =>
      (await scoreCompletion(benchmarkNamed('we-math'), sample, completion, { equal, boxedOnly })).correct;
    expect(await score('first \\boxed{A}, no, \\boxed{\\text{B}}')).toBe(true);
    expect(await score('<answer> B </answer>')).toBe(true);
    expect(await score('The answer is A. Wait: the final answer is **(B) 2**.')).toBe(true);
    expect(await score('Answer: B\nDone.')).toBe(true);
    expect(await score('Answer: B', true)).toBe(false);
    expect(await score('B')).toBe(false);
    expect(await score('\\boxed{B')).toBe(false);
  });

  it('survives completions without end', async () => {
    const sample = {
      id: '',
      question: '',
      answer: '1',
      images: [],
      metadata: { answer_type: 'float' },
    } as Sample;
    const long = 1_000_000;
    for (const part of ['\\boxed{', 'answer', 'answer is ', '<answer>', ' ', '{', '1,', '(', '-']) {
      const text = part.repeat(Math.ceil(long / part.length));
      for (const completion of [
        text,
        `\\boxed{${text}}`,
        `answer: ${text}`,
        `\\boxed{a${text.slice(0, 1900)}b}`,
      ]) {
        const { correct } = await scoreCompletion(benchmarkNamed('dynamath'), sample, completion, { equal });
        expect(correct).toBe(false);
      }
    }
  });

  it('takes an equality that is a promise and says why, as mathEqual of @cppo/reward does', async () => {
    const sample = { id: '', question: '', answer: '0.5', images: [], metadata: {} } as Sample;
    const half = async (answer: string) => ({ equal: answer === '\\frac12', why: 'half' });
    const score = (text: string) =>
      scoreCompletion(benchmarkNamed('math-vision'), sample, text, { equal: half });
    expect((await score('\\boxed{\\frac12}')).correct).toBe(true);
    expect((await score('\\boxed{\\frac13}')).correct).toBe(false);
  });

  it('says why', async () => {
    const sample = { id: '', question: '', answer: 'B', images: [] } as Sample;
    const why = async (completion: string): Promise<string> =>
      (await scoreCompletion(benchmarkNamed('we-math'), sample, completion, { equal })).why;
    expect(await why('\\boxed{C}')).toBe('choice C is not B');
    expect(await why('\\boxed{?}')).toBe('"?" names no choice');
    expect(await why('I do not know')).toBe('no answer was found');
  });
});
