export interface Relation {
  readonly sides: readonly string[];
  readonly operators: readonly string[];
}

/** What kind of thing a normalised answer is, one level deep: its parts are texts again. */
export type AnswerShape =
  | { readonly kind: 'expression'; readonly text: string }
  | { readonly kind: 'words'; readonly text: string }
  /** Tuples, points, intervals and vectors: `open` and `close` as written. */
  | {
      readonly kind: 'ordered';
      readonly open: string;
      readonly close: string;
      readonly parts: readonly string[] /** The inequality that an interval was written as. */;
      readonly relation?: Relation;
    }
  /** Sets, lists of answers and unions. */
  | {
      readonly kind: 'unordered';
      readonly join: 'list' | 'union';
      readonly parts: readonly string[];
      /** The ≠ that a union was written as. */
      readonly relation?: Relation;
    }
  | { readonly kind: 'matrix'; readonly rows: readonly (readonly string[])[]; readonly determinant: boolean }
  | { readonly kind: 'equation'; readonly sides: readonly string[] }
  | { readonly kind: 'relation'; readonly sides: readonly string[]; readonly operators: readonly string[] };

/** Calls `visit` at every index outside brackets; it returns how many characters to skip. */
function outsideBrackets(text: string, visit: (index: number) => number): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '\\' && /[{}]/.test(text[i + 1] ?? '')) {
      depth += text[i + 1] === '{' ? 1 : -1;
      i++;
    } else if (text.startsWith('\\begin{', i)) {
      depth++;
      i += 6;
    } else if (text.startsWith('\\end{', i)) {
      depth--;
      i += 4;
    } else if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth = Math.max(0, depth - 1);
    else if (depth === 0) i += visit(i);
  }
}

/** Splits a text at separators outside brackets. The pattern is tried at each place: make it sticky. */
function splitOutside(text: string, separator: RegExp): { parts: string[]; separators: string[] } {
  const parts: string[] = [];
  const separators: string[] = [];
  let start = 0;
  outsideBrackets(text, (index) => {
    separator.lastIndex = index;
    const match = separator.exec(text);
    if (!match || match[0] === '') return 0;
    parts.push(text.slice(start, index).trim());
    separators.push(match[0].trim());
    start = index + match[0].length;
    return match[0].length - 1;
  });
  parts.push(text.slice(start).trim());
  return { parts, separators };
}

/** The bracket pair that encloses the whole text, with what is inside. */
function enclosed(text: string): { open: string; close: string; inside: string } | null {
  const match = /^(\\\{|[([{])(.*?)(\\\}|[)\]}])$/s.exec(text);
  if (!match) return null;
  const [, open, inside, close] = match as unknown as [string, string, string, string];
  if ((open === '\\{') !== (close === '\\}') || (open === '{') !== (close === '}')) return null;
  let depth = 0;
  for (let i = 0; i < inside.length; i++) {
    const character = inside[i]!;
    if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character) && --depth < 0) return null;
  }
  return depth === 0 ? { open, close, inside: inside.trim() } : null;
}

const FLIPPED: Readonly<Record<string, string>> = { '<': '>', '>': '<', '\\le': '\\ge', '\\ge': '\\le' };
const SYMBOL = /^(?:[a-zA-Z]|\\[a-zA-Z]+)(?:_\{?\w+\}?)?$/;

/** `x>2`, `1<x\le 3` as the interval they describe, when one side is a lone symbol. */
function intervalOf(sides: readonly string[], operators: readonly string[]): AnswerShape | null {
  const ordered = (low: string, high: string, lowOperator: string, highOperator: string): AnswerShape => ({
    kind: 'ordered',
    open: lowOperator === '<' ? '(' : '[',
    close: highOperator === '<' ? ')' : ']',
    parts: [low, high],
    relation: { sides, operators },
  });
  if (sides.length === 2) {
    const [left, right] = sides as [string, string];
    const symbolLeft = SYMBOL.test(left);
    if (symbolLeft === SYMBOL.test(right)) return null;
    const bound = symbolLeft ? right : left;
    if (operators[0] === '\\ne') {
      const parts = [`(-\\infty,${bound})`, `(${bound},\\infty)`];
      return { kind: 'unordered', join: 'union', parts, relation: { sides, operators } };
    }
    const operator = symbolLeft ? operators[0]! : FLIPPED[operators[0]!]!;
    if (operator === '<' || operator === '\\le') return ordered('-\\infty', bound, '<', operator);
    return ordered(bound, '\\infty', operator === '>' ? '<' : '\\le', '<');
  }
  if (sides.length === 3 && SYMBOL.test(sides[1]!)) {
    const [first, , last] = sides as [string, string, string];
    const rising = operators.every((operator) => operator === '<' || operator === '\\le');
    const falling = operators.every((operator) => operator === '>' || operator === '\\ge');
    if (rising) return ordered(first, last, operators[0]!, operators[1]!);
    if (falling) return ordered(last, first, FLIPPED[operators[1]!]!, FLIPPED[operators[0]!]!);
  }
  return null;
}

const ENVIRONMENT = /^\\begin\{([pbBvV]?(?:small)?matrix|array)\}(?:\{[^{}]*\})?(.*)\\end\{\1\}$/s;
/** Three letters in a row that belong to no command: a word, not a product. */
const WORD = /(?<![\\a-zA-Z])[a-zA-Z]{3,}/;

/** The elements of a union of finite sets; `null` when one part is no set written out. */
function elementsOf(union: readonly string[]): string[] | null {
  const sets = union.map(enclosed);
  if (sets.some((set) => set?.open !== '\\{' || set.inside === '')) return null;
  return [...new Set(sets.flatMap((set) => splitOutside(set!.inside, /[,;]/y).parts))];
}

/** A point with its name before it: `A(2, 3)`. */
const POINT_NAME = /^[A-Z]'?\s*(?=\()/;

/** Brackets around brackets that are looked through. */
const MAX_WRAPPERS = 8;

/** Reads the outermost structure of a normalised answer. */
export function readShape(text: string, wrappers = 0): AnswerShape {
  if (wrappers > MAX_WRAPPERS) return { kind: 'expression', text };
  const matrix = ENVIRONMENT.exec(text);
  if (matrix && !matrix[2]!.includes('\\begin')) {
    const rows = matrix[2]!
      .split('\\\\')
      .map((row) => row.split('&').map((cell) => cell.trim()))
      .filter((row) => row.some((cell) => cell !== ''));
    return { kind: 'matrix', rows, determinant: /^v/.test(matrix[1]!) };
  }
  if (text === '\\emptyset') return { kind: 'unordered', join: 'list', parts: [] };
  if (text === '\\mathbb{R}')
    return { kind: 'ordered', open: '(', close: ')', parts: ['-\\infty', '\\infty'] };

  const union = splitOutside(text, /\\cup(?![a-zA-Z])\s*/y).parts;
  if (union.length > 1) {
    const elements = elementsOf(union);
    return elements
      ? { kind: 'unordered', join: 'list', parts: elements }
      : { kind: 'unordered', join: 'union', parts: union };
  }

  const { parts: list, separators } = splitOutside(
    text,
    /[,;]|(?<=[\s)\d}])(?:or|and)(?=[\s(\d\\-])|\\(?:vee|lor|land)(?![a-zA-Z])/y,
  );
  const items = list.filter((part) => part !== '');
  if (items.length > 1) {
    // x < −1 or x > 1 is a union of intervals.
    const alternatives = separators.every((separator) => /or|vee/.test(separator));
    const intervals = alternatives && items.every((item) => /[<>]|\\[lg]e/.test(item));
    return { kind: 'unordered', join: intervals ? 'union' : 'list', parts: items };
  }

  const element = splitOutside(text, /\\in(?![a-zA-Z])\s*/y).parts;
  if (element.length === 2 && SYMBOL.test(element[0]!)) return readShape(element[1]!, wrappers + 1);

  const relation = splitOutside(text, /\\(?:le|ge|ne|approx)(?![a-zA-Z])|[<>=]/y);
  if (relation.separators.length > 0 && relation.parts.every((part) => part !== '')) {
    const { parts: sides, separators: operators } = relation;
    // What follows ≈ is only the rounding of what precedes it.
    const rounded = operators.indexOf('\\approx');
    if (rounded === 0 && !SYMBOL.test(sides[0]!)) return readShape(sides[0]!, wrappers + 1);
    if (rounded > 0) return readShape(sides.slice(0, rounded + 1).join('='), wrappers + 1);
    if (operators.every((operator) => operator === '=' || operator === '\\approx'))
      return { kind: 'equation', sides };
    if (operators[0] === '\\ne' ? operators.length === 1 : operators.every((operator) => FLIPPED[operator])) {
      return intervalOf(sides, operators) ?? { kind: 'relation', sides, operators };
    }
    return { kind: 'relation', sides, operators };
  }

  if (/\\pm(?![a-zA-Z])/.test(text) && !enclosed(text)) {
    const signed = (plus: string, minus: string) =>
      text.replace(/\\pm(?![a-zA-Z])/g, ` ${plus} `).replace(/\\mp(?![a-zA-Z])/g, ` ${minus} `);
    return { kind: 'unordered', join: 'list', parts: [signed('+', '-').trim(), signed('-', '+').trim()] };
  }

  const point = text.replace(POINT_NAME, '');
  const bracket =
    enclosed(text) ?? (splitOutside(point.slice(1, -1), /,/y).parts.length > 1 ? enclosed(point) : null);
  if (bracket) {
    const { open, close, inside } = bracket;
    const parts = splitOutside(inside, /[,;]/y).parts;
    if (open === '\\{' || (open === '{' && parts.length > 1)) {
      return { kind: 'unordered', join: 'list', parts: inside === '' ? [] : parts };
    }
    if (parts.length > 1) return { kind: 'ordered', open, close, parts };
    if ((open === '(' && close === ')') || open === '{' || ENVIRONMENT.test(inside))
      return readShape(inside, wrappers + 1);
  }
  return WORD.test(text) ? { kind: 'words', text } : { kind: 'expression', text };
}
