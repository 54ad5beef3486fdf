/** The library's parse of LaTeX (https://mathlive.io/math-json). */
export type MathJson =
  | number
  | string
  | { readonly num: string }
  | { readonly str: string }
  | readonly [string, ...MathJson[]];

const MAX_LENGTH = 200;
const MAX_DEPTH = 12;
const MAX_BARS = 8;
const MAX_FACTORIALS = 8;

/** The only commands let through. Whatever else a hostile answer holds never reaches the parser. */
const COMMANDS = new Set(
  (
    'frac sqrt pi cdot times div pm mp infty sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh ln log lg exp ' +
    'binom lfloor rfloor lceil rceil max min gcd lcm circ theta alpha beta gamma delta epsilon varepsilon lambda mu nu ' +
    'omega phi varphi psi rho sigma tau xi eta zeta kappa chi Delta Gamma Omega Phi Psi Sigma Theta Lambda left right'
  ).split(' '),
);

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Whether the text is small, well nested and made of known commands only. */
function isSafe(text: string): boolean {
  if (text.length > MAX_LENGTH) return false;
  const open: string[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '\\') {
      const name = /^[a-zA-Z]+/.exec(text.slice(i + 1, i + 16))?.[0];
      if (name === undefined || !COMMANDS.has(name)) return false;
      i += name.length;
    } else if (CLOSING[character]) {
      // A bracket that is no root's index sends the parser through every reading of an interval.
      if (character === '[' && !text.slice(0, i).trimEnd().endsWith('\\sqrt')) return false;
      open.push(CLOSING[character]);
      if (open.length > MAX_DEPTH) return false;
    } else if (character === ')' || character === ']' || character === '}') {
      if (open.pop() !== character) return false;
    } else if (!/[\w\s+\-/^!.|']/.test(character)) return false;
  }
  return open.length === 0 && text.split('!').length - 1 <= MAX_FACTORIALS;
}

/** The parser tries all readings of a run of signs or bars, so it gets one sign and marked bars. */
function disambiguate(text: string): string | null {
  let result = text;
  for (let round = 0; round < 8 && /[+-]\s*[+-]/.test(result); round++) {
    result = result.replace(/([+-])\s*([+-])/g, (_, a: string, b: string) => (a === b ? '+' : '-'));
  }
  if (/[+-]\s*[+-]|[!']{3}/.test(result)) return null;
  const bars = result.split('|').length - 1;
  if (bars % 2 === 1 || bars > MAX_BARS) return null;
  return result
    .replace(/\|([^|]+)\|/g, '\\left|$1\\right|')
    .replace(/(?<![\d.}])(\d+)\s*\\frac\{(\d+)\}\{(\d+)\}/g, '($1+\\frac{$2}{$3})')
    .replace(/(?<![\d.])(\d+) (\d+)\/(\d+)(?!\d)/g, '($1+\\frac{$2}{$3})');
}

let parser: Promise<(latex: string) => MathJson | null> | undefined;

/** The library is large: it is loaded when an answer first needs it. */
function loadParser(): Promise<(latex: string) => MathJson | null> {
  parser ??= import('./vendor/latex-syntax.js').then(({ LatexSyntax }) => {
    const syntax = new LatexSyntax();
    return (latex) => syntax.parse(latex) as MathJson | null;
  });
  return parser;
}

/** Reads an expression in normalised LaTeX; `null` when it is too large, odd or not understood. */
export async function parseExpression(text: string): Promise<MathJson | null> {
  if (!isSafe(text)) return null;
  const latex = disambiguate(text);
  if (latex === null || latex.trim() === '') return null;
  const parse = await loadParser();
  try {
    return parse(latex);
  } catch {
    // Not an expression; the caller says so.
    return null;
  }
}
