import { letterOf } from '../layouts/choices.js';

/** Says whether an answer means the same as a reference; `mathEqual` of `@cppo/reward` is one. */
export type Equal = (answer: string, reference: string) => Sameness | Promise<Sameness>;
export type Sameness = boolean | { readonly equal: boolean };

/** What an `Equal` says, as a plain yes or no. */
export async function same(equal: Equal, answer: string, reference: string): Promise<boolean> {
  const verdict = await equal(answer, reference);
  return typeof verdict === 'boolean' ? verdict : verdict.equal;
}

/** `\text{B}`, `$B$`, `**B**` → `B`. */
function bare(text: string): string {
  return text
    .replace(/\\(?:text|textbf|mathrm|mathbf|operatorname)\s*\{([^{}]*)\}/g, '$1')
    .replace(/\\[()[\]]|[$*]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * The letter of the choice that an answer names: `B`, `(B)`, `B.`, `(B) 8/11`, `option B`, or the choice's own words or value.
 *
 * @param choices empty when they are not known; then only letters count.
 * @returns undefined when it names none, or one that is not there.
 */
export async function choiceLetter(
  answer: string,
  choices: readonly string[],
  equal?: Equal,
): Promise<string | undefined> {
  const text = bare(answer);
  const last = choices.length > 0 ? letterOf(choices.length - 1) : 'Z';
  const within = (letter: string | undefined): string | undefined => {
    const upper = letter?.toUpperCase();
    return upper !== undefined && upper <= last ? upper : undefined;
  };
  const alone = /^\(?([A-Za-z])\)?[.:]?$/.exec(text)?.[1];
  if (alone) return within(alone);
  const wanted = text.toLowerCase();
  const literal = choices.findIndex((choice) => bare(choice).toLowerCase() === wanted);
  if (literal !== -1) return letterOf(literal);
  const leading =
    /^(?:\(([A-Z])\)|([A-Z])[.:)])\s*\S/.exec(text) ?? /^(?:option|choice)\s*\(?([A-Z])\b/i.exec(text);
  if (leading) return within(leading[1] ?? leading[2]);
  const alike: number[] = [];
  if (equal) {
    for (const [at, choice] of choices.entries()) if (await same(equal, answer, choice)) alike.push(at);
  }
  return alike.length === 1 ? letterOf(alike[0]!) : undefined;
}

/** Several letters, in order and once each: `A, C`, `C and A`, `AC` → `AC`. */
export function choiceLetters(answer: string): string | undefined {
  const text = bare(answer)
    .replace(/\b(?:and|or|options?|choices?)\b/gi, ' ')
    .replace(/[\s,;&()[\]{}.]/g, '');
  return /^[A-Z]{1,10}$/.test(text) ? [...new Set(text)].sort().join('') : undefined;
}

/**
 * The number that an answer gives, units and words around it aside: `$1,200$`, `3.5 cm`, `\frac{1}{2}`, `-2\pi`, `45^\circ`, `x = 7`.
 * Per cent stays a number of per cent, as the benchmarks write theirs.
 */
export function numberIn(answer: string): number | undefined {
  const text = answer
    .replace(/\\(?:text|mathrm|mathbf|textbf)\s*\{([^{}]*)\}/g, ' $1')
    .replace(/\\d?t?frac\s*\{([^{}]+)\}\s*\{([^{}]+)\}/g, '($1)/($2)')
    .replace(/\\pi|π/g, 'pi')
    .replace(/\{,\}/g, ',')
    .replace(/\\[,;:! ()[\]%$]|[${}]|\\(?:left|right|circ)|\^/g, ' ')
    .replace(/(\d),(?=\d{3}(?!\d))/g, '$1')
    .replace(/−/g, '-')
    .replace(/^[^=≈]*[=≈]/, '')
    .replace(/\s+/g, ' ')
    .trim();
  const found =
    /^[^\d.+-]{0,12}?([+-]?\s*\(?\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*\)?)\s*(pi)?(?:\s*\/\s*\(?\s*((?:\d+\.?\d*|\.\d+))\s*(pi)?\s*\)?)?/i.exec(
      text,
    );
  if (!found) return /^[+-]?\s*pi\b/i.test(text) ? Math.PI * (text.startsWith('-') ? -1 : 1) : undefined;
  // Several numbers are not one: a list of guesses must not pass for its first.
  if (/^\s*(?:[,;]|or\b|and\b)\s*[+-]?[\d.]/.test(text.slice(found[0].length))) return undefined;
  const [, above, abovePi, below, belowPi] = found;
  const value = Number(above!.replace(/[()\s]/g, '')) * (abovePi ? Math.PI : 1);
  const divisor = below === undefined ? 1 : Number(below) * (belowPi ? Math.PI : 1);
  const result = value / divisor;
  return Number.isFinite(result) ? result : undefined;
}

/** The numbers of a list such as `[2007, 2008]`. */
export function numberList(answer: string): number[] | undefined {
  const inside = /[[({]([^\])}]*)[\])}]/.exec(bare(answer).replace(/\\/g, ''))?.[1];
  const numbers = inside?.split(',').map((item) => (item.trim() === '' ? Number.NaN : Number(item)));
  return numbers?.every(Number.isFinite) ? numbers : undefined;
}
