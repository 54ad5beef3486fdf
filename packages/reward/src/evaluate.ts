import Complex from 'complex.js';
import Fraction from 'fraction.js';
import type { MathJson } from './expression.js';
import { parseDecimal } from './rational.js';

/** Powers and factorials beyond this many bits are not worked out exactly. */
const MAX_BITS = 1024;

const children = (node: MathJson): readonly MathJson[] =>
  (Array.isArray(node) ? node.slice(1) : []) as MathJson[];
const headOf = (node: MathJson): string | null => (Array.isArray(node) ? (node[0] as string) : null);

function numberText(node: MathJson): string | null {
  if (typeof node === 'number') return String(node);
  return node !== null && typeof node === 'object' && 'num' in node ? node.num : null;
}

const bits = (value: Fraction): number => value.n.toString(2).length + value.d.toString(2).length;

function exactNumber(text: string): Fraction | null {
  const repeating = /^(-?\d{1,20})\.(\d{0,20})\((\d{1,20})\)$/.exec(text);
  if (repeating) return new Fraction(text);
  const value = parseDecimal(text);
  return value && new Fraction(value.numerator, value.denominator);
}

function exactPower(base: Fraction, exponent: Fraction): Fraction | null {
  if (exponent.d !== 1n || exponent.n > BigInt(MAX_BITS)) return null;
  if (bits(base) * Number(exponent.n) > MAX_BITS) return null;
  if (base.n === 0n && exponent.s <= 0n) return null;
  return base.pow(exponent);
}

function factorial(value: Fraction): Fraction | null {
  if (value.d !== 1n || value.s < 0n || value.n > 170n) return null;
  let product = 1n;
  for (let k = 2n; k <= value.n; k++) product *= k;
  return new Fraction(product);
}

function binomial(n: Fraction, k: Fraction): Fraction | null {
  if (n.d !== 1n || k.d !== 1n || n.s < 0n || k.s < 0n || n.n > 500n) return null;
  if (k.n > n.n) return new Fraction(0);
  let product = 1n;
  for (let i = 1n; i <= k.n; i++) product = (product * (n.n - k.n + i)) / i;
  return new Fraction(product);
}

/** The rational number that an expression is, worked out without rounding; `null` when it is none or too large. */
export function evaluateExactly(node: MathJson): Fraction | null {
  const text = numberText(node);
  if (text !== null) return exactNumber(text);
  const head = headOf(node);
  if (head === null) return null;
  const values: Fraction[] = [];
  for (const child of children(node)) {
    const value = evaluateExactly(child);
    if (value === null || bits(value) > MAX_BITS) return null;
    values.push(value);
  }
  const [a, b] = values;
  if (a === undefined) return null;
  switch (head) {
    case 'Delimiter':
      return values.length === 1 ? a : null;
    case 'Add':
      return values.reduce((sum, value) => sum.add(value));
    case 'Subtract':
      return b ? a.sub(b) : null;
    case 'Negate':
      return a.neg();
    case 'Multiply':
    case 'InvisibleOperator':
      return values.reduce((product, value) => product.mul(value));
    case 'Divide':
    case 'Rational':
      return b && b.n !== 0n ? a.div(b) : null;
    case 'Square':
      return a.mul(a);
    case 'Power':
      return b ? exactPower(a, b) : null;
    case 'Factorial':
      return factorial(a);
    case 'Binomial':
      return b ? binomial(a, b) : null;
    case 'Floor':
      return a.floor();
    case 'Ceil':
      return a.ceil();
    case 'Abs':
      return a.abs();
    default:
      return null;
  }
}

const CONSTANTS: Readonly<Record<string, Complex>> = {
  Pi: new Complex(Math.PI, 0),
  ExponentialE: new Complex(Math.E, 0),
  e: new Complex(Math.E, 0),
  i: new Complex(0, 1),
  ImaginaryUnit: new Complex(0, 1),
};

type Operation = (values: readonly Complex[]) => Complex | null;

const real =
  (of: (value: number) => number): Operation =>
  ([a]) =>
    a!.im === 0 ? new Complex(of(a!.re), 0) : null;
const unary =
  (of: (value: Complex) => Complex): Operation =>
  ([a, b]) =>
    b === undefined ? of(a!) : null;
const logarithm =
  (base: number): Operation =>
  ([a]) =>
    a!.log().div(Math.log(base));

const OPERATIONS: Readonly<Record<string, Operation>> = {
  Delimiter: (values) => (values.length === 1 ? values[0]! : null),
  Add: (values) => values.reduce((sum, value) => sum.add(value)),
  Subtract: ([a, b]) => (b ? a!.sub(b) : null),
  Negate: unary((a) => a.neg()),
  Multiply: (values) => values.reduce((product, value) => product.mul(value)),
  InvisibleOperator: (values) => values.reduce((product, value) => product.mul(value)),
  Divide: ([a, b]) => (b ? a!.div(b) : null),
  Rational: ([a, b]) => (b ? a!.div(b) : null),
  Power: ([a, b]) => (b ? a!.pow(b) : null),
  Square: unary((a) => a.mul(a)),
  Sqrt: unary((a) => a.sqrt()),
  // The real root of a negative number where there is one, as in school.
  Root: ([a, n]) => {
    if (!n) return null;
    const odd = n.im === 0 && Math.abs(n.re % 2) === 1;
    return odd && a!.im === 0 && a!.re < 0 ? a!.neg().pow(n.inverse()).neg() : a!.pow(n.inverse());
  },
  Exp: unary((a) => a.exp()),
  Ln: ([a, base]) => (base ? a!.log().div(base.log()) : a!.log()),
  Log: ([a, base]) => (base ? a!.log().div(base.log()) : a!.log().div(Math.LN10)),
  Lb: logarithm(2),
  Lg: logarithm(10),
  Degrees: unary((a) => a.mul(Math.PI / 180)),
  Sin: unary((a) => a.sin()),
  Cos: unary((a) => a.cos()),
  Tan: unary((a) => a.tan()),
  Cot: unary((a) => a.cot()),
  Sec: unary((a) => a.sec()),
  Csc: unary((a) => a.csc()),
  Arcsin: unary((a) => a.asin()),
  Arccos: unary((a) => a.acos()),
  Arctan: unary((a) => a.atan()),
  Sinh: unary((a) => a.sinh()),
  Cosh: unary((a) => a.cosh()),
  Tanh: unary((a) => a.tanh()),
  Abs: unary((a) => new Complex(a.abs(), 0)),
  Floor: real(Math.floor),
  Ceil: real(Math.ceil),
  Factorial: ([a]) => {
    const value =
      a!.im === 0 && Number.isInteger(a!.re) && a!.re <= 170 ? factorial(new Fraction(a!.re)) : null;
    return value && new Complex(value.valueOf(), 0);
  },
};

/** Powers of negative numbers come with imaginary parts of this relative size. */
const ROUNDING = 1e-12;

/**
 * The value of an expression at a point; `null` when something in it is not understood there.
 *
 * @param realOnly also where a real number has no real root or logarithm.
 */
function evaluateAt(node: MathJson, valueAt: (symbol: string) => Complex, realOnly = false): Complex | null {
  const text = numberText(node);
  if (text !== null) {
    const exact = exactNumber(text);
    return exact && new Complex(exact.valueOf(), 0);
  }
  if (typeof node === 'string') return node.startsWith("'") ? null : (CONSTANTS[node] ?? valueAt(node));
  const operation = OPERATIONS[headOf(node) ?? ''];
  if (operation === undefined) return null;
  const values: Complex[] = [];
  for (const child of children(node)) {
    const value = evaluateAt(child, valueAt, realOnly);
    if (value === null || !Number.isFinite(value.re) || !Number.isFinite(value.im)) return null;
    values.push(value);
  }
  if (values.length === 0) return null;
  const result = operation(values);
  if (!realOnly || result === null || values.some(({ im }) => im !== 0)) return result;
  return Math.abs(result.im) <= ROUNDING * result.abs() ? new Complex(result.re, 0) : null;
}

/** Fixed numbers without a pattern, one per symbol and trial: two functions that agree at all of them are the same. */
function pointOf(symbol: string, trial: number): Complex {
  let hash = 2166136261 ^ (trial * 0x9e3779b1);
  for (let i = 0; i < symbol.length; i++) hash = Math.imul(hash ^ symbol.charCodeAt(i), 16777619);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  const magnitude = 0.3 + (((hash ^ (hash >>> 12)) >>> 0) / 2 ** 32) * 2.1;
  return new Complex(trial % 2 === 0 ? magnitude : -magnitude, 0);
}

const TRIALS = 5;

/** Values at fixed points, `null` where there is none; `realOnly` as in `evaluateAt`. */
export function sample(node: MathJson, realOnly: boolean): (Complex | null)[] {
  return Array.from({ length: TRIALS }, (_, trial) => {
    const value = evaluateAt(node, (symbol) => pointOf(symbol, trial), realOnly);
    return value && Number.isFinite(value.re) && Number.isFinite(value.im) ? value : null;
  });
}

const NEAR = 1e-9;

export function near(a: Complex, b: Complex): boolean {
  return a.sub(b).abs() <= NEAR * Math.max(1e-6, a.abs(), b.abs());
}
