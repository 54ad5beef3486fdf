/**
 * A piece of a thought: a number or a time; a word that may name something; an operator; a sign that parts
 * what is listed. Words that say nothing (`I see`, `at`, `the`) and brackets, colons and units are left out.
 */
export type ChainToken =
  | { readonly kind: 'value'; readonly text: string; readonly span: readonly [number, number] }
  | { readonly kind: 'word' | 'operator' | 'separator'; readonly text: string };

const pattern =
  /(?<value>\d+(?:[:.]\d+)*)|(?<word>\p{L}+(?:['’]\p{L}+)?)|(?<operator>[-+−–*×·/÷<>=])|(?<separator>[.,;\n])|(?<sign>[\s():%°"'’])|(?<other>.)/gsu;

const fillers = new Set(
  `I see saw can count read look at looking there it is are was were be the an a of in on has have having with
  shows show showing reads says which that we also first then by percent degrees degree`.split(/\s+/),
);

/** Nouns for what a picture holds: they say nothing where something else names the value. */
const nouns = new Set(
  `picture image chart figure table clock time square circle dot shape bar slice point line cell angle side hand
  digit number value`.split(/\s+/),
);

const operatorWords = new Map(
  Object.entries({ plus: '+', minus: '-', times: '*', equals: '=', equal: '=', makes: '=', gives: '=' }),
);

/** From here on a thought concludes. */
const conclusions = new Set(
  'so thus hence therefore total together altogether sum difference answer result'.split(' '),
);

const numerals =
  `zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
  sixteen seventeen eighteen nineteen twenty`.split(/\s+/);

const signs: Readonly<Record<string, string>> = { '−': '-', '–': '-', '×': '*', '·': '*', '÷': '/' };

/**
 * The pieces of `text`.
 *
 * @param offset where the text begins, added to the spans.
 */
export function chainTokens(text: string, offset = 0): ChainToken[] {
  const tokens: ChainToken[] = [];
  for (const match of text.matchAll(pattern)) {
    const { value, word, operator, separator, other } = match.groups as Record<string, string | undefined>;
    const at = offset + match.index;
    const span = [at, at + match[0].length] as const;
    // Not left out: who knows what it says beside a value.
    if (other !== undefined) tokens.push({ kind: 'word', text: other });
    else if (value !== undefined && !/^\d+(:\d\d|\.\d+)?$/.test(value)) {
      tokens.push({ kind: 'word', text: value });
    } else if (value !== undefined) tokens.push({ kind: 'value', text: canonical(value), span });
    else if (word !== undefined) {
      const lower = word.toLowerCase();
      const numeral = numerals.indexOf(lower);
      if (numeral >= 0) tokens.push({ kind: 'value', text: String(numeral), span });
      else if (lower === 'and') tokens.push({ kind: 'separator', text: ',' });
      else if (operatorWords.has(lower)) {
        tokens.push({ kind: 'operator', text: operatorWords.get(lower) as string });
      } else if (!isFiller(word)) tokens.push({ kind: 'word', text: stem(word) });
    } else if (operator !== undefined) {
      tokens.push({ kind: 'operator', text: signs[operator] ?? operator });
    } else if (separator !== undefined) {
      tokens.push({ kind: 'separator', text: separator === '.' ? '.' : ',' });
    }
  }
  return tokens;
}

/** Whether a word concludes rather than reads. */
export function concludes(token: ChainToken): boolean {
  return token.kind === 'word' && conclusions.has(token.text);
}

export function isNoun(token: ChainToken): boolean {
  return token.kind === 'word' && nouns.has(token.text);
}

/** A number or time as it is compared: `07` is `7`, `3.0` is `3`, `03:30` is `3:30`. */
export function canonical(value: string): string {
  const [hours, minutes] = value.split(':');
  return minutes === undefined ? String(Number(value)) : `${Number(hours)}:${minutes}`;
}

// `A` may be the name of a bar, `a` never is.
function isFiller(word: string): boolean {
  return word === 'I' || fillers.has(isName(word) ? word : word.toLowerCase());
}

// `1 circle` and `2 circles` name the same: the plural follows from the value that was read.
function stem(word: string): string {
  return isName(word) ? word : word.toLowerCase().replace(/(?<=..)s$/, '');
}

// Capitals of one or two letters name bars, rows and cells.
function isName(word: string): boolean {
  return /^\p{Lu}{1,2}$/u.test(word);
}
