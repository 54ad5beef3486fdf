import { equalRationals, parseDecimal, type Rational, rational } from './rational.js';

/** Whether an answer equals its reference, and why. */
export interface MathVerdict {
  readonly equal: boolean;
  /** One sentence. */
  readonly why: string;
}

function normalise(text: string): string {
  return text
    .trim()
    .replace(/^\$+|\$+$/g, '')
    .replace(/\\(?:text|mathrm|mathbf|textbf)\{([^{}]*)\}/g, '$1')
    .replace(/\\[dt]frac/g, '\\frac')
    .replace(/\\left|\\right|\\[,;:! ]/g, '')
    .replace(/(?<=\d),(?=\d{3}(?!\d))/g, '')
    .replace(/\s+/g, '')
    .replace(/\.$/, '');
}

function parseNumber(text: string): Rational | null {
  const plain = parseDecimal(text);
  if (plain) return plain;
  const fraction =
    /^([+-]?)\\frac\{([^{}]+)\}\{([^{}]+)\}$/.exec(text) ??
    /^([+-]?)\\frac(\d)(\d)$/.exec(text) ??
    /^([+-]?)([\d.]+)\/([\d.]+)$/.exec(text);
  if (!fraction) return null;
  const above = parseDecimal(fraction[2]!);
  const below = parseDecimal(fraction[3]!);
  if (!above || !below) return null;
  const sign = fraction[1] === '-' ? -1n : 1n;
  return rational(sign * above.numerator * below.denominator, above.denominator * below.numerator);
}

/** Whether an answer is mathematically equal to a reference, both LaTeX or plain text. */
export async function mathEqual(answer: string, reference: string): Promise<MathVerdict> {
  if (answer.length > 2000 || reference.length > 2000) {
    return answer === reference
      ? { equal: true, why: 'the same text' }
      : { equal: false, why: 'too long to compare' };
  }
  const a = normalise(answer);
  const b = normalise(reference);
  if (a === '' || b === '') return { equal: false, why: 'the answer is empty' };
  if (a === b || a.toLowerCase() === b.toLowerCase()) return { equal: true, why: 'the same text' };
  const x = parseNumber(a);
  const y = parseNumber(b);
  if (x && y) {
    return equalRationals(x, y)
      ? { equal: true, why: 'the same number' }
      : { equal: false, why: 'different numbers' };
  }
  const letter = /^\(?([a-z])\)?[.:]?$/i;
  const [p, q] = [letter.exec(a), letter.exec(b)];
  if (p && q && p[1]!.toLowerCase() === q[1]!.toLowerCase()) return { equal: true, why: 'the same letter' };
  return { equal: false, why: 'no form of equality was found' };
}
