import type Complex from 'complex.js';
import Fraction from 'fraction.js';
import type { AnswerShape, Relation } from './answer-shape.js';
import { evaluateExactly, near, sample } from './evaluate.js';
import { parseExpression } from './expression.js';
import { parseDecimal, rational } from './rational.js';
import { splitUnit } from './units.js';
import type { MathVerdict } from './verdict.js';

/** What one judgement remembers and may spend. */
export interface Judgement {
  /** Relative difference allowed between numbers. */
  readonly tolerance: number;
  /** Expressions read so far: a list compared in any order meets each of its elements many times. */
  readonly read: Map<string, Reading | null>;
  /** What was made of each text so far. */
  readonly seen: Map<string, { readonly shape: AnswerShape; readonly letters: string }>;
  /** Comparisons left. */
  comparisons: number;
}

interface Reading {
  readonly exact: Fraction | null;
  readonly samples: readonly (Complex | null)[];
  /** The same without the points where a part of it is no real number. */
  readonly realSamples: readonly (Complex | null)[];
}

/** Counts one comparison, and ends the judgement when there have been too many. */
export function spend(judgement: Judgement): void {
  if (--judgement.comparisons < 0) throw new RangeError('too many parts to compare');
}

async function readExpression(text: string, judgement: Judgement): Promise<Reading | null> {
  const known = judgement.read.get(text);
  if (known !== undefined) return known;
  const node = await parseExpression(text);
  const reading =
    node === null
      ? null
      : {
          exact: evaluateExactly(node),
          samples: sample(node, false),
          realSamples: sample(node, true),
        };
  judgement.read.set(text, reading);
  return reading;
}

const yes = (why: string): MathVerdict => ({ equal: true, why });
const no = (why: string): MathVerdict => ({ equal: false, why });

const INFINITE = /^([+-]?)\s*\\(?:infty)$/;
/** A rounded decimal stands for an exact number only when it shows this many digits of it. */
const ROUNDED_DIGITS = 6;

/** A figure is identified by its points, whatever precedes them. */
const withoutFigure = (text: string) => text.replace(/\\(?:triangle|angle)(?![a-zA-Z])\s*/g, '').trim();

/** An angle in degrees, in radians when the other side is a multiple of π. */
const inRadians = (text: string, other: string) =>
  /\\pi(?![a-zA-Z])/.test(other) && !/\\pi|\\circ/.test(other.replace('\\pi', ''))
    ? text.replace(/^([^\\]*)\^\\circ$/, '($1)\\cdot \\frac{\\pi}{180}')
    : text;

/** Whether two normalised expressions have the same value. */
export async function sameExpression(a: string, b: string, judgement: Judgement): Promise<MathVerdict> {
  const { tolerance } = judgement;
  const [x, y] = [splitUnit(inRadians(withoutFigure(a), b)), splitUnit(inRadians(withoutFigure(b), a))];
  let scale = 1;
  if (x.unit && y.unit && x.unit.dimension !== '' && y.unit.dimension !== '') {
    if (x.unit.dimension !== y.unit.dimension) return no('different units');
    scale = x.unit.factor / y.unit.factor;
  }
  if (x.value === y.value && scale === 1) return yes('the same but for the unit');
  const infinities = [INFINITE.exec(x.value), INFINITE.exec(y.value)] as const;
  if (infinities[0] || infinities[1]) {
    const same = infinities[0] && infinities[1] && (infinities[0][1] === '-') === (infinities[1][1] === '-');
    return same ? yes('the same infinity') : no('only one of them is this infinity');
  }
  const decimals = [plainDecimal(x.value), plainDecimal(y.value)] as const;
  if (decimals[0] && decimals[1] && scale === 1)
    return compareNumbers(decimals[0], decimals[1], x.value, y.value, tolerance);

  const readings = [
    await readExpression(ratioAsQuotient(x.value), judgement),
    await readExpression(ratioAsQuotient(y.value), judgement),
  ] as const;
  if (readings[0] === null || readings[1] === null) {
    return no(`${readings[0] === null ? 'the answer' : 'the reference'} is no expression that could be read`);
  }
  return compareReadings(readings[0], readings[1], scale, x.value, y.value, tolerance);
}

function compareReadings(
  a: Reading,
  b: Reading,
  scale: number,
  aText: string,
  bText: string,
  tolerance: number,
): MathVerdict {
  if (a.exact && b.exact) {
    if (scale === 1) return compareNumbers(a.exact, b.exact, aText, bText, tolerance);
    const factor = exactFactor(scale);
    if (factor && a.exact.mul(factor).equals(b.exact)) return yes('the same value');
  }
  if (tolerance === 0 && differInLongNumbers(aText, bText)) {
    return no('numbers of so many digits that only the same ones can be compared');
  }
  // ln(ab) is ln a + ln b for the numbers that it is meant for.
  const known =
    commonPoints(a.realSamples, b.realSamples, scale) ?? commonPoints(a.samples, b.samples, scale);
  if (known === null) return no('their values could not be compared');
  if (known.every(([x, y]) => near(x, y))) return yes('the same value');
  const constant = known.every(([x, y]) => near(x, known[0]![0]) && near(y, known[0]![1]));
  if (!constant) return no('different functions');
  const [x, y] = known[0]!;
  if (x.sub(y).abs() <= tolerance * y.abs()) return yes(`within ${tolerance} of each other`);
  const real = Math.abs(x.im) + Math.abs(y.im) === 0;
  if (real && (rounds(aText, y.re / scale) || rounds(bText, x.re))) return yes('the same but for rounding');
  return no('different values');
}

/** The values of both, the first scaled, where both have one; `null` when these are too few to tell. */
function commonPoints(
  a: Reading['samples'],
  b: Reading['samples'],
  scale: number,
): (readonly [Complex, Complex])[] | null {
  const pairs = a.map((value, trial) => [value?.mul(scale) ?? null, b[trial] ?? null] as const);
  const known = pairs.filter(
    (pair): pair is readonly [Complex, Complex] => pair[0] !== null && pair[1] !== null,
  );
  const undecided = pairs.some(([x, y]) => (x === null) !== (y === null));
  return known.length < (undecided ? 3 : 2) ? null : known;
}

function compareNumbers(
  a: Fraction,
  b: Fraction,
  aText: string,
  bText: string,
  tolerance: number,
): MathVerdict {
  if (a.equals(b)) return yes('the same number');
  const [x, y] = [a.valueOf(), b.valueOf()];
  if (tolerance > 0 && Math.abs(x - y) <= tolerance * Math.abs(y))
    return yes(`within ${tolerance} of each other`);
  const endless = (value: Fraction) => !terminates(value.d);
  if ((endless(b) && rounds(aText, b)) || (endless(a) && rounds(bText, a)))
    return yes('the same but for rounding');
  return no('different numbers');
}

/** Whether 1/d has a finite decimal expansion. */
function terminates(denominator: bigint): boolean {
  let rest = denominator;
  for (const prime of [2n, 5n]) while (rest % prime === 0n) rest /= prime;
  return rest === 1n;
}

/** Whether a decimal with enough digits is the value, rounded to those digits. */
function rounds(text: string, value: number | Fraction): boolean {
  const match = /^-?(\d*)\.(\d+)$/.exec(text);
  if (!match) return false;
  const digits = `${match[1]}${match[2]}`.replace(/^0+/, '').length;
  if (digits < ROUNDED_DIGITS) return false;
  const places = match[2]!.length;
  if (typeof value === 'number') return Math.abs(Number(text) - value) <= 0.500001 * 10 ** -places;
  const decimal = parseDecimal(text);
  if (!decimal) return false;
  const difference = new Fraction(decimal.numerator, decimal.denominator).sub(value).abs();
  return difference.compare(new Fraction(500_001n, 10n ** BigInt(places + 6))) <= 0;
}

/** A factor between units as a fraction, where it is a short decimal. */
function exactFactor(factor: number): Fraction | null {
  const decimal = String(factor).length <= 12 ? parseDecimal(String(factor)) : null;
  return decimal && new Fraction(decimal.numerator, decimal.denominator);
}

/** Whether both hold whole numbers of so many digits that doubles would not see a difference, and not the same ones. */
function differInLongNumbers(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) =>
    (text.match(/(?<![\d.])\d{10,}/g) ?? [])
      .map((digits) => digits.replace(/^0+/, ''))
      .sort()
      .join(),
  );
  return first !== '' && second !== '' && first !== second;
}

/** Decimals, scientific notation and simple fractions, for which the library need not be loaded. */
function plainDecimal(text: string): Fraction | null {
  const scientific = /^([+-]?[\d.]+)(?:\s*(?:\\times|\\cdot|x)\s*10\s*\^\s*\{?\s*([+-]?\d{1,4})\s*\}?)$/.exec(
    text,
  );
  const decimal = parseDecimal(scientific ? `${scientific[1]}e${scientific[2]}` : text);
  if (decimal) return new Fraction(decimal.numerator, decimal.denominator);
  const quotient = /^([+-]?)\s*(?:\\frac\{([+-]?[\d.]+)\}\{([+-]?[\d.]+)\}|(\d+)\s*\/\s*(\d+))$/.exec(text);
  if (!quotient) return null;
  const above = parseDecimal(quotient[2] ?? quotient[4]!);
  const below = parseDecimal(quotient[3] ?? quotient[5]!);
  const value =
    above && below && rational(above.numerator * below.denominator, above.denominator * below.numerator);
  return value && new Fraction(quotient[1] === '-' ? -value.numerator : value.numerator, value.denominator);
}

/** `3:4` is a ratio. */
const ratioAsQuotient = (text: string) => text.replace(/^([^:]+):([^:]+)$/, '($1)/($2)');

const FLIPPED: Readonly<Record<string, string>> = { '<': '>', '>': '<', '\\le': '\\ge', '\\ge': '\\le' };

/**
 * Whether two relations hold at the same points: their differences of sides are multiples of each other, by a
 * positive number when the direction counts.
 */
export async function sameRelation(a: Relation, b: Relation, judgement: Judgement): Promise<MathVerdict> {
  if (a.sides.length !== 2 || b.sides.length !== 2)
    return no('chains of relations that are written differently');
  const [operatorA, operatorB] = [a.operators[0]!, b.operators[0]!];
  if (differInLongNumbers(a.sides.join(' '), b.sides.join(' '))) {
    return no('relations with numbers of so many digits that only the same ones can be compared');
  }
  const values: (readonly (Complex | null)[])[] = [];
  for (const side of [...a.sides, ...b.sides]) {
    const reading = await readExpression(withoutFigure(side), judgement);
    if (reading === null) return no('a side could not be read');
    values.push(reading.samples);
  }
  const factors: Complex[] = [];
  for (let trial = 0; trial < values[0]!.length; trial++) {
    const [p, q, r, s] = values.map((column) => column[trial] ?? null);
    if (!p || !q || !r || !s) continue;
    const [first, second] = [p.sub(q), r.sub(s)];
    if (second.abs() < 1e-12 || first.abs() < 1e-12) return no('a relation that holds at an arbitrary point');
    factors.push(first.div(second));
  }
  if (factors.length < 3) return no('relations whose values could not be compared');
  if (!factors.every((factor) => near(factor, factors[0]!))) return no('different relations');
  const direct = operatorA === operatorB;
  if (operatorA === '=' || operatorA === '\\ne')
    return direct ? yes('the same equation') : no('different relations');
  const positive = factors[0]!.re > 0;
  const same = positive ? direct : FLIPPED[operatorA] === operatorB;
  return same ? yes('the same inequality') : no('inequalities of opposite direction');
}
