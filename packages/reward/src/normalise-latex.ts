/** Unicode that models write where LaTeX has a command. */
// biome-ignore format: a table
const UNICODE: Readonly<Record<string, string>> = {
  '−': '-', '–': '-', '—': '-', '×': '\\times ', '·': '\\cdot ', '⋅': '\\cdot ', '÷': '/', 'π': '\\pi ', 'θ': '\\theta ',
  'α': '\\alpha ', 'β': '\\beta ', '∞': '\\infty ', '≤': '\\le ', '≥': '\\ge ', '≠': '\\ne ', '±': '\\pm ', '∪': '\\cup ',
  '∩': '\\cap ', '∈': '\\in ', '∅': '\\emptyset ', '°': '^\\circ ', '∠': '\\angle ', '△': '\\triangle ', '√': '\\sqrt ',
  '½': '\\frac{1}{2}', '⅓': '\\frac{1}{3}', '⅔': '\\frac{2}{3}', '¼': '\\frac{1}{4}', '¾': '\\frac{3}{4}', '²': '^{2}', '³': '^{3}',
  '€': ' ', '£': ' ', '¥': ' ', '₹': ' ', 'ℝ': '\\mathbb{R}', '′': "'", '’': "'", '％': '%', '，': ',', '（': '(', '）': ')', '：': ':', '；': ';', '。': '.', '\u00a0': ' ', '\u2009': ' ', '\u202f': ' ',
};

const UNICODE_PATTERN = new RegExp(`[${Object.keys(UNICODE).join('')}]`, 'g');

/** Commands that mean the same, or nothing, to a judge. */
const REWRITES: readonly (readonly [RegExp, string])[] = [
  // What people say before an answer.
  [
    /^\s*(?:(?:so|thus|therefore|hence),? )?(?:the |my )?(?:final |correct )?(?:answer|result|solution)(?: is)?\s*(?::|(?<= is))\s*(?=\S)/i,
    '',
  ],
  // A negative space joins the digits around it.
  [/\\!\s*/g, ''],
  [/\\(?:dfrac|tfrac|cfrac)(?![a-zA-Z])/g, '\\frac'],
  [/\\(?:dbinom|tbinom)(?![a-zA-Z])/g, '\\binom'],
  [
    /\\(?:left|right|big|Big|bigg|Bigg|bigl|bigr|Bigl|Bigr|displaystyle|textstyle|limits|nolimits)(?![a-zA-Z])\s?\.?/g,
    '',
  ],
  [
    /(?<!\\)\\(?:[,;:!>\s]|quad(?![a-zA-Z])|qquad(?![a-zA-Z])|enspace(?![a-zA-Z])|thinspace(?![a-zA-Z]))|~/g,
    ' ',
  ],
  [/\\(?:leq|leqslant|leqq)(?![a-zA-Z])/g, '\\le'],
  [/\\(?:geq|geqslant|geqq)(?![a-zA-Z])/g, '\\ge'],
  [/<=/g, '\\le '],
  [/!=/g, '\\ne '],
  [/>=/g, '\\ge '],
  [/\\lt(?![a-zA-Z])/g, '<'],
  [/\\gt(?![a-zA-Z])/g, '>'],
  [/\\neq(?![a-zA-Z])/g, '\\ne'],
  [/\\(?:ast|star)(?![a-zA-Z])|(?<!\*)\*(?!\*)/g, '\\cdot '],
  [/\*\*/g, '^'],
  [/\\(?:lbrace)(?![a-zA-Z])/g, '\\{'],
  [/\\(?:rbrace)(?![a-zA-Z])/g, '\\}'],
  [/\\(?:lbrack)(?![a-zA-Z])/g, '['],
  [/\\(?:rbrack)(?![a-zA-Z])/g, ']'],
  [/\\(?:varnothing)(?![a-zA-Z])/g, '\\emptyset'],
  [/\\langle(?![a-zA-Z])\s*/g, '('],
  [/\s*\\rangle(?![a-zA-Z])/g, ')'],
  [/\\R(?![a-zA-Z])|\\mathbb\s+R(?![a-zA-Z])|^\s*(?:all )?real numbers\s*$/gi, '\\mathbb{R}'],
  // A vector of one letter is that letter, as with bold type; one between points is not their product.
  [/\\(?:vec|overrightarrow)\s*(?:\{\s*)?([a-zA-Z])(?![a-zA-Z])(?:\s*\})?/g, '$1'],
  [/\\(?:vec|overrightarrow)\s*\{\s*([a-zA-Z]{2})\s*\}/g, 'V_{$1}'],
  [/(?<=\d)\s*a\.?m\.?(?![a-zA-Z])/gi, ' am'],
  [/(?<=\d)\s*p\.?m\.?(?![a-zA-Z])/gi, ' pm'],
  [/^\s*(\d+) to (\d+)\s*$/, '$1:$2'],
  [/\^\{?\s*\\(?:circ|degree)\s*\}?|\\degree(?![a-zA-Z])/g, '^\\circ '],
  [/\\(sin|cos|tan|cot|sec|csc)\s*\^\s*\{\s*-\s*1\s*\}/g, '\\arc$1'],
  [/\{,\}/g, ','],
  // Functions and constants that plain text writes without a backslash.
  [
    /(?<![\\a-zA-Z])(arcsin|arccos|arctan|sinh|cosh|tanh|sin|cos|tan|cot|csc|ln|log|exp|pi|infty|sqrt)(?![a-zA-Z])/g,
    '\\$1 ',
  ],
  [/(?<![\\a-zA-Z])(?:infinity|inf)(?![a-zA-Z])/gi, '\\infty '],
  [/\s+\^/g, '^'],
  [/\\?%/g, ''],
];

const TEXT_COMMAND =
  /\\(?:text|textbf|textit|textrm|textnormal|mathrm|mathbf|mathit|mathsf|mathtt|mbox|hbox|bm|boldsymbol|operatorname\*?)\s*\{([^{}]*)\}/g;
const WRAPPER = /^(?:\$\$(.*)\$\$|\$([^$]*)\$|\\\((.*)\\\)|\\\[(.*)\\\]|\\boxed\{(.*)\}|\*\*(.*)\*\*)$/s;

/** Whether the opening brace just before a text closes only at its end, so that both can go. */
function balanced(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth < 0) return false;
  }
  return depth === 0;
}

function unwrap(text: string): string {
  let inner = text.trim();
  for (let round = 0; round < 4; round++) {
    const match = WRAPPER.exec(inner);
    const content = match?.slice(1).find((group) => group !== undefined);
    if (content === undefined || !balanced(content)) break;
    inner = content.trim();
  }
  return inner.replace(/\.$/, '').replaceAll('$', '').trim();
}

/** `\frac12`, `\frac1{23}`, `\sqrt2`, `x^10` get the braces that their writers left out. */
function brace(text: string): string {
  return text
    .replace(/\\frac\s*(\d|[a-zA-Z])\s*(\d|[a-zA-Z])/g, '\\frac{$1}{$2}')
    .replace(/\\frac\s*(\d|[a-zA-Z])\s*\{/g, '\\frac{$1}{')
    .replace(/\\frac\s*(\{[^{}]*\})\s*(\d|[a-zA-Z])/g, '\\frac$1{$2}')
    .replace(/\\frac\s+\{/g, '\\frac{')
    .replace(/\\sqrt\s*(\d+|[a-zA-Z])/g, '\\sqrt{$1}')
    .replace(/\\sqrt\s*\(([^()]*)\)/g, '\\sqrt{$1}')
    .replace(/\^\s*(-?\d+)/g, '^{$1}')
    .replace(/\^\s*\(([^()]*)\)/g, '^{$1}');
}

/** `0.1\overline{6}` as the fraction it is. */
function joinRepeating(text: string): string {
  return text.replace(
    /(\d{1,12})\.(\d{0,12})\\(?:overline|bar|dot)\s*\{(\d{1,12})\}/g,
    (_, whole: string, start: string, cycle: string) => {
      const shift = 10n ** BigInt(start.length);
      const period = 10n ** BigInt(cycle.length) - 1n;
      const numerator = BigInt(whole + start) * period + BigInt(cycle);
      return `\\frac{${numerator}}{${shift * period}}`;
    },
  );
}

/**
 * One spelling for what LaTeX, Unicode and habit let people write in many: no `$`, no `\left`, no spacing commands,
 * `\text{}` opened, `\frac12` braced. Linear in the length but for short patterns.
 */
export function normaliseLatex(text: string): string {
  // Commands escaped twice, as in JSON within JSON.
  const escaped = /\\begin/.test(text) ? text : text.replace(/\\\\(?=[a-zA-Z{}(])/g, '\\');
  let result = unwrap(escaped.replace(/\\\$/g, ' ')).replace(
    UNICODE_PATTERN,
    (character) => UNICODE[character]!,
  );
  for (let round = 0; round < 3; round++) {
    const opened = result.replace(TEXT_COMMAND, ' $1 ');
    if (opened === result) break;
    result = opened;
  }
  for (const [pattern, replacement] of REWRITES) result = result.replace(pattern, replacement);
  return brace(joinRepeating(result)).replace(/\s+/g, ' ').trim();
}

/** Takes the separators out of `1,234,567` and `1 234 567`. */
export function joinThousands(text: string): string {
  return /^[^\d]*(?!0)\d{1,3}(?:,\d{3})+(?!\d)[^,]*$/.test(text)
    ? text.replace(/,(?=\d{3})/g, '')
    : text.replace(/(?<![\d.])\d{1,3}(?: \d{3})+(?![\d])/g, (group) => group.replaceAll(' ', ''));
}
