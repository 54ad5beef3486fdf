import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReward, mathEqual } from './index.js';

interface Pair {
  readonly group: string;
  readonly equal: boolean;
  readonly answer: string;
  readonly reference: string;
}

function readPairs(file: string): Pair[] {
  const text = readFileSync(new URL(`./__fixtures__/${file}`, import.meta.url), 'utf8');
  const pairs: Pair[] = [];
  let group = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) group = line.slice(2);
    if (!/^[=!] /.test(line)) continue;
    const [answer, reference] = line.slice(2).split(' ;; ') as [string, string];
    pairs.push({ group, equal: line[0] === '=', answer, reference });
  }
  return pairs;
}

/** Pairs on which mathEqual is known to disagree with a table, and why. */
const KNOWN: Readonly<Record<string, string>> = {
  'C(5,2) ;; 10': 'C(5,2) is the point C with these coordinates',
  'a=2, b=3 ;; (2,3)': 'a list of equations names its values, a tuple orders them',
  'DNE ;; \\text{does not exist}': 'abbreviations are not spelt out',
  '\\text{Yes, because the sum is } 10 ;; Yes': 'a reason after a word is not told from a second answer',
  '1,22 ;; 1.22': 'a comma separates answers here, it is no decimal point',
  '2.6667 ;; \\frac{8}{3}': 'a rounded decimal must show six digits',
  'x_1=\\frac12+\\sqrt5 ;; x_{1}=\\frac{1}{2}+\\sqrt{5}, x_{2}=\\frac{1}{2}-\\sqrt{5}':
    'half an answer is no answer',
  '\\begin{pmatrix}1&2\\end{pmatrix}+\\begin{pmatrix}5&6\\end{pmatrix} ;; \\begin{pmatrix}6&8\\end{pmatrix}':
    'matrices are compared, not calculated with',
  '(6, 2) ;; (2, 2), (6, 2)': 'half an answer is no answer',
  '12\\text{ meters} ;; twelve meters': 'number words are not read',
};

describe.each([
  ['answer-pairs.txt', 300],
  ['further-answer-pairs.txt', 240],
])('mathEqual on %s', (file, least) => {
  const pairs = readPairs(file);
  const disagreements = pairs.filter(({ answer, reference }) => `${answer} ;; ${reference}` in KNOWN);

  it(`knows at least ${least} pairs and agrees on 98 % of them`, () => {
    expect(pairs.length).toBeGreaterThanOrEqual(least);
    expect(disagreements.length / pairs.length).toBeLessThan(0.02);
  });

  it.each(pairs)('$group: "$answer" against "$reference" is $equal', async ({ answer, reference, equal }) => {
    const verdict = await mathEqual(answer, reference);
    const disagrees = `${answer} ;; ${reference}` in KNOWN;
    expect(verdict.equal, verdict.why).toBe(disagrees ? !equal : equal);
    expect(verdict.why).not.toBe('');
  });

  it('is reflexive and symmetric on the table', async () => {
    for (const { answer, reference, equal, group } of pairs) {
      if (/option letters|disagree|nonsense/.test(group) || `${answer} ;; ${reference}` in KNOWN) continue;
      expect((await mathEqual(answer, answer)).equal, answer).toBe(true);
      expect((await mathEqual(reference, answer)).equal, `${reference} ;; ${answer}`).toBe(equal);
    }
  });
});

describe('mathEqual', () => {
  it('disagrees only with pairs of the tables', () => {
    const pairs = ['answer-pairs.txt', 'further-answer-pairs.txt'].flatMap(readPairs);
    const all = new Set(pairs.map(({ answer, reference }) => `${answer} ;; ${reference}`));
    expect(all.size).toBe(pairs.length);
    for (const pair of Object.keys(KNOWN)) expect(all).toContain(pair);
  });

  it('allows a relative difference when asked', async () => {
    expect((await mathEqual('3.14', '\\pi', { tolerance: 0.01 })).equal).toBe(true);
    expect((await mathEqual('3.2', '\\pi', { tolerance: 0.01 })).equal).toBe(false);
    expect((await mathEqual('(99, 1)', '(100, 1)', { tolerance: 0.02 })).equal).toBe(true);
    expect((await mathEqual('99', '100')).equal).toBe(false);
  });

  it('says why', async () => {
    expect((await mathEqual('\\{1,2\\}', '\\{1,3\\}')).why).toBe('nothing in the reference equals 2');
    expect((await mathEqual('5 cm', '5 kg')).why).toBe('different units');
    expect((await mathEqual('(B)', 'C')).why).toBe('option B, not C');
    expect((await mathEqual('', '7')).why).toBe('the answer is empty');
  });
});

// Each of these once took seconds or more in one reader of LaTeX or another; the time limit of the test is the check.
describe('mathEqual on hostile input', { timeout: 20_000 }, () => {
  const times = (part: string, count: number, end = '') => part.repeat(count) + end;
  const hostile = {
    parentheses: times('(', 400, `1${times(')', 400)}`),
    'open parentheses': times('(', 900),
    'open brackets': times('[', 900),
    brackets: times('[', 12, `1${times(']', 12)}`),
    bars: times('|', 900),
    'nested bars': times('\\left|', 60, `1${times('\\right|', 60)}`),
    signs: times('-', 900, '1'),
    'signed parentheses': times('-(', 60, `1${times(')', 60)}`),
    fractions: times('\\frac{1}{', 80, `1${times('}', 80)}`),
    roots: times('\\sqrt[', 80),
    tower: '9^{9^{9^{9}}}',
    exponent: '10^{1000000000}',
    'scientific exponent': '1e999999999',
    factorial: '100000!',
    factorials: '((170!)!)!',
    'many factorials': times('5!', 100),
    binomials: times('\\binom{500}{250}', 20),
    digits: times('9', 900),
    list: times('1,', 490, '1'),
    'list of roots': Array.from({ length: 110 }, (_, n) => `\\sqrt{${n}}`).join(','),
    'sets of sets': times('\\{1,2\\},', 90, '3'),
    tuples: times('(1,2),', 150, '(2,1)'),
    equations: times('x=', 400, '1'),
    'plus or minus': times('1\\pm ', 100, '1'),
    matrix: `\\begin{pmatrix}${times('1&2\\\\', 150)}\\end{pmatrix}`,
    'open matrices': times('\\begin{pmatrix}', 60),
    texts: times('\\text{', 150, times('}', 150)),
    boxes: times('\\boxed{', 130, times('}', 130)),
    units: `5 ${times('cm ', 300)}`,
    thousands: times('1,000,', 150, '1'),
    spaces: `1${times(' ', 900)}1`,
    product: times('(x+1)', 59),
    backslashes: times('\\', 999),
    nulls: times('\0', 900),
    surrogates: times('\ud83d', 500),
    megabytes: times('(1+', 1_000_000),
  };

  it.each(Object.entries(hostile))('judges %s', async (_, text) => {
    for (const reference of ['7', 'x^2+\\sqrt{2}', '1,2,\\sqrt{3}', `${text}1`, text.slice(1)]) {
      expect((await mathEqual(text, reference)).why).toBeTypeOf('string');
      expect((await mathEqual(reference, text)).why).toBeTypeOf('string');
    }
    expect((await mathEqual(text, text)).equal).toBe(text.trim() !== '');
    expect((await mathEqual(text, '7')).equal).toBe(false);
  });

  it('takes a megabyte of completion', async () => {
    const reward = createReward();
    for (const part of ['\\boxed{', '<think></think>', '<think>\\boxed{', '}', '\\', '{']) {
      const { parts } = await reward({ completion: part.repeat(200_000), answer: '7' });
      expect(parts.accuracy).toBe(0);
    }
  });

  it('gives a verdict on any text', async () => {
    const token = fc.constantFrom(
      ...'x 1 12 \\pi + - ( ) { } [ ] \\{ \\} \\frac{ \\sqrt{ \\sqrt[ ^ ^{ _ _{ | ! / , = < \\le \\cup \\sin \\ln'.split(
        ' ',
      ),
      ...'\\cdot \\text{ \\left( \\right) \\begin{pmatrix} \\end{pmatrix} & \\\\ \\pm ^\\circ cm . e i \\infty $ \\in \\% and'.split(
        ' ',
      ),
      ' ',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(token, { maxLength: 40 }).map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(text, text, async (answer, reference) => {
        const verdict = await mathEqual(answer, reference);
        expect(verdict.why).not.toMatch(/could not be judged/);
        if (answer.trim() === reference.trim() && verdict.why !== 'the answer is empty')
          expect(verdict.equal).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('numbers that a double cannot hold', () => {
  const equal = [
    ['9007199254740993', '9,007,199,254,740,993'],
    ['2^{64}', '18446744073709551616'],
    ['9007199254740993/2', '4503599627370496.5'],
    ['9007199254740993 \\times 10^3', '9007199254740993000'],
    ['9007199254740993 km', '9007199254740993000 m'],
    ['25!', '15511210043330985984000000'],
    ['\\sqrt{1000000000000}', '1000000'],
    ['1e+21', '1000000000000000000000'],
    ['0.333333', '1/3'],
  ];
  const different = [
    ['9007199254740993', '9007199254740992'],
    ['9007199254740993/2', '4503599627370496'],
    ['9007199254740993 cm', '9007199254740992 cm'],
    ['9007199254740993 km', '9007199254740992000 m'],
    ['9007199254740993x', '9007199254740992x'],
    ['9007199254740993\\pi', '9007199254740992\\pi'],
    ['x > 9007199254740993', 'x > 9007199254740992'],
    ['(9007199254740993, 1)', '(9007199254740992, 1)'],
    ['1e21', '1000000000000000000001'],
    ['0.333333333333333314829616256247', '1/3'],
    ['12345678901234567890.0123456789', '12345678901234567890.0123456788'],
  ];
  it.each(equal)('%s is %s', async (a, b) => {
    for (const pair of [
      [a, b],
      [b, a],
    ] as const)
      expect((await mathEqual(...pair)).equal).toBe(true);
  });
  it.each(different)('%s is not %s', async (a, b) => {
    for (const pair of [
      [a, b],
      [b, a],
    ] as const)
      expect((await mathEqual(...pair)).equal).toBe(false);
  });
});

describe('dates', () => {
  it.each([
    ['2024-01-02', '2024-1-2', true],
    ['2024-01-02', '2024/01/02', true],
    ['January 2, 2024', '2024-01-02', true],
    ['2 Jan 2024', '2024-01-02', true],
    ['2024-02-01', '2024-01-02', false],
    ['2021', '2024-01-02', false],
    ['2024-01-02', '2021', false],
    ['2024-02-29T03:04:05.123456', '2024-02-29 03:04:05.1234560', true],
    ['2024-02-29T03:04:05.123456', '2024-02-29T03:04:05.123457', false],
    ['2024-02-29T03:04:05+00:00', '2024-02-29T03:04:05Z', true],
    ['2024-02-29', '2024-02-29T03:04:05', false],
    // No date is written so: a subtraction.
    ['2024-1-2', '2021', true],
  ])('%s against %s is %j', async (answer, reference, expected) => {
    expect((await mathEqual(answer, reference)).equal).toBe(expected);
  });
});
