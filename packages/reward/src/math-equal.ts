import { describeValue, requireNames } from '@cppo/checked-options';
import { type AnswerShape, type Relation, readShape } from './answer-shape.js';
import { sameDate } from './dates.js';
import { joinThousands, normaliseLatex } from './normalise-latex.js';
import { chosenOption, optionSet, referenceOption } from './option-letter.js';
import { type Judgement, sameExpression, sameRelation, spend } from './same-expression.js';
import { joinMeasures } from './units.js';
import type { MathVerdict } from './verdict.js';

const MAX_LENGTH = 1000;
const MAX_DEPTH = 4;
const MAX_COMPARISONS = 1500;

const yes = (why: string): MathVerdict => ({ equal: true, why });
const no = (why: string): MathVerdict => ({ equal: false, why });

export interface MathEqualOptions {
  /** Relative difference allowed between numbers. Default 0: numbers are compared exactly. */
  readonly tolerance?: number;
}

/**
 * Decides whether an answer is mathematically equal to a reference. Both are LaTeX or plain text.
 *
 * - Ignored: `$`, `\boxed{}`, spacing, `\text{}`, units, degree and percent signs, thousands separators,
 *   a leading `x =`.
 * - Numbers compare exactly, expressions by value (at fixed points when they have variables), sets and lists
 *   in any order, tuples and intervals in theirs, option letters with or without brackets, dates by day and
 *   time.
 *
 * Work is bounded to a few milliseconds: an answer too long or too deeply nested equals only a reference of
 * the same text.
 *
 * @param answer the model's answer.
 * @param reference the correct answer.
 * @param settings the relative tolerance of numbers, 0 by default.
 * @returns the verdict, and one sentence that explains it.
 * @throws RangeError when an option is unknown or out of range, or an argument is not text; never for the
 *   content of a text.
 * @example
 * (await mathEqual('\\frac{1}{2}', '0.5')).equal; // true
 * (await mathEqual('x = (1, 2)', '(2, 1)')).equal; // false
 */
export async function mathEqual(
  answer: string,
  reference: string,
  settings: MathEqualOptions = {},
): Promise<MathVerdict> {
  requireNames('mathEqual', settings, { tolerance: true });
  const { tolerance = 0 } = settings;
  if (!(Number.isFinite(tolerance) && tolerance >= 0)) {
    throw new RangeError(
      `mathEqual: tolerance is ${describeValue(tolerance)}; expected a number, 0 or above.`,
    );
  }
  for (const [name, text] of Object.entries({ answer, reference })) {
    if (typeof text !== 'string')
      throw new RangeError(`mathEqual: ${name} is ${describeValue(text)}; expected a text.`);
  }
  if (answer.length > MAX_LENGTH || reference.length > MAX_LENGTH) {
    if (answer.length === reference.length && answer === reference) return yes('the same text');
    return no(`longer than ${MAX_LENGTH} characters, so compared as text only`);
  }
  try {
    const a = normaliseLatex(answer);
    const b = normaliseLatex(reference);
    if (a === '' || b === '') return no(a === '' ? 'the answer is empty' : 'the reference is empty');
    if (a === b) return yes('the same text');
    const dates = sameDate(answer.trim(), reference.trim());
    if (dates !== undefined) return dates ? yes('the same date') : no('not the same date');

    const option = referenceOption(b);
    if (option !== null) {
      const chosen = chosenOption(a);
      if (chosen !== null)
        return chosen === option ? yes(`option ${option}`) : no(`option ${chosen}, not ${option}`);
    }
    const options = optionSet(b);
    // Without a comma AC may as well be a product or a segment.
    if (options !== null && /,|and/.test(a + b) && optionSet(a) === options) return yes(`options ${options}`);
    const judgement = { tolerance, read: new Map(), seen: new Map(), comparisons: MAX_COMPARISONS };
    const verdict = await compare(
      joinMeasures(joinThousands(a)),
      joinMeasures(joinThousands(b)),
      judgement,
      0,
    );
    if (verdict.equal || !(a.includes(',') && b.includes(','))) return verdict;
    // 100,200 may be a list after all.
    const asLists = await compare(a, b, judgement, 0);
    return asLists.equal ? asLists : verdict;
  } catch (error) {
    return no(`could not be judged: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const lettersOf = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .replace(/^ ?(?:the|an?) /, '')
    .trim();

/** A text with its outermost structure, read once a judgement. */
function seen(text: string, judgement: Judgement): { readonly shape: AnswerShape; readonly letters: string } {
  let known = judgement.seen.get(text);
  if (!known) {
    known = { shape: readShape(text), letters: lettersOf(text) };
    judgement.seen.set(text, known);
  }
  return known;
}

async function compare(a: string, b: string, judgement: Judgement, depth: number): Promise<MathVerdict> {
  spend(judgement);
  if (a === b) return yes('the same text');
  if (depth > MAX_DEPTH) return no('nested too deeply to compare');
  return compareShapes(seen(a, judgement).shape, seen(b, judgement).shape, judgement, depth);
}

async function compareShapes(
  x: AnswerShape,
  y: AnswerShape,
  judgement: Judgement,
  depth: number,
): Promise<MathVerdict> {
  const each = (first: string, second: string) => compare(first, second, judgement, depth + 1);

  if (x.kind === 'equation' || y.kind === 'equation') return compareEquations(x, y, judgement, depth);
  if (x.kind === 'words' || y.kind === 'words') {
    const [first, second] = [sourceOf(x), sourceOf(y)];
    const letters = seen(first, judgement).letters;
    if (letters !== '' && letters === seen(second, judgement).letters) return yes('the same words');
    // "12 apples" against "12" is a matter of units.
    if (/\d/.test(first) && /\d/.test(second)) return sameExpression(first, second, judgement);
    return no('different words');
  }
  if (x.kind === 'matrix' && y.kind === 'matrix') {
    const shape = (rows: readonly (readonly string[])[]) => rows.map((row) => row.length).join();
    if (x.determinant !== y.determinant || shape(x.rows) !== shape(y.rows))
      return no('matrices of different shapes');
    return inOrder(x.rows.flat(), y.rows.flat(), each, 'matrices');
  }
  if (x.kind === 'matrix' && y.kind === 'ordered') return inOrder(vector(x.rows), y.parts, each, 'vectors');
  if (x.kind === 'ordered' && y.kind === 'matrix') return inOrder(x.parts, vector(y.rows), each, 'vectors');
  if (x.kind === 'ordered' && y.kind === 'ordered') {
    if (x.open !== y.open || x.close !== y.close) return no('different brackets');
    return inOrder(x.parts, y.parts, each, 'tuples or intervals');
  }
  if (x.kind === 'unordered' && y.kind === 'unordered') {
    if (x.relation && y.relation) return sameRelation(x.relation, y.relation, judgement);
    return x.join === y.join ? inAnyOrder(x.parts, y.parts, each) : no('a union and a list');
  }
  if (x.kind === 'unordered' && x.parts.length === 1) return each(x.parts[0]!, sourceOf(y));
  if (y.kind === 'unordered' && y.parts.length === 1) return each(sourceOf(x), y.parts[0]!);
  const [first, second] = [relationOf(x), relationOf(y)];
  if (first && second) return sameRelation(first, second, judgement);
  if (x.kind === 'expression' && y.kind === 'expression') return sameExpression(x.text, y.text, judgement);
  return no(`${describe(x)} and ${describe(y)}`);
}

/** `x = 7` stands for 7; `y = 2x + 1` for all equations with its solutions. */
async function compareEquations(
  x: AnswerShape,
  y: AnswerShape,
  judgement: Judgement,
  depth: number,
): Promise<MathVerdict> {
  if (x.kind === 'equation' && y.kind === 'equation') {
    const [first, second] = [named(x.sides), named(y.sides)];
    if (first && second && first.name === second.name) {
      const verdict = await compare(first.value, second.value, judgement, depth + 1);
      if (verdict.equal) return verdict;
    }
    if (x.sides.length !== 2 || y.sides.length !== 2) return no('different equations');
    const operators = ['='];
    return sameRelation({ sides: x.sides, operators }, { sides: y.sides, operators }, judgement);
  }
  const [equation, other] = x.kind === 'equation' ? [x, y] : [y as AnswerShape & { kind: 'equation' }, x];
  const assignment = named(equation.sides);
  if (!assignment) return no('an equation and a value');
  const [first, second] =
    x.kind === 'equation'
      ? [seen(assignment.value, judgement).shape, other]
      : [other, seen(assignment.value, judgement).shape];
  return compareShapes(first, second, judgement, depth + 1);
}

/** What stands left of an answer: `x_1`, `f(x)`, `area`, `\angle A`, `(p, q)`, `|AB|`, `AB:CD`, `\frac{AB}{CD}`. */
const NAME = new RegExp(
  `^(?:${[
    "\\\\?[a-zA-Z]+(?:_\\{?\\w+\\}?)?'*(?:\\([\\w, ]*\\))?",
    'm?\\s*\\\\(?:angle|triangle|overline|widehat|overarc|arc)\\s*\\{?\\s*\\w+\\s*\\}?',
    '[a-zA-Z ]+',
    '\\([a-zA-Z](?:\\s*,\\s*[a-zA-Z])*\\)',
    '\\|[A-Z]{2}\\|',
    '\\w+(?:_\\{?\\w+\\}?)?\\s*:\\s*\\w+(?:_\\{?\\w+\\}?)?',
    '\\\\frac\\{[A-Z]{2}\\}\\{[A-Z]{2}\\}',
  ].join('|')})$`,
);

/** The name and the value of `AB = 5` or `f(x) = 2x = …`: the last side counts. */
function named(sides: readonly string[]): { name: string; value: string } | null {
  const [first, last] = [sides[0]!, sides.at(-1)!];
  if (NAME.test(first)) return { name: first.replace(/\s/g, ''), value: last };
  return sides.length === 2 && NAME.test(last) ? { name: last.replace(/\s/g, ''), value: first } : null;
}

/** The components of a matrix of one row or one column; none of any other. */
const vector = (rows: readonly (readonly string[])[]): readonly string[] =>
  rows.length === 1 || rows.every((row) => row.length === 1) ? rows.flat() : [];

type Compare = (first: string, second: string) => Promise<MathVerdict>;

async function inOrder(
  a: readonly string[],
  b: readonly string[],
  each: Compare,
  what: string,
): Promise<MathVerdict> {
  if (a.length !== b.length) return no(`${what} of ${a.length} and ${b.length} parts`);
  for (const [index, part] of a.entries()) {
    const verdict = await each(part, b[index]!);
    if (!verdict.equal) return no(`part ${index + 1} differs: ${verdict.why}`);
  }
  return yes(`equal ${what}`);
}

async function inAnyOrder(a: readonly string[], b: readonly string[], each: Compare): Promise<MathVerdict> {
  const left = [...b];
  for (const part of a) {
    let found = left.indexOf(part);
    for (let i = 0; found < 0 && i < left.length; i++) if ((await each(part, left[i]!)).equal) found = i;
    if (found < 0) return no(`nothing in the reference equals ${part}`);
    left.splice(found, 1);
  }
  return left.length === 0 ? yes('the same elements') : no(`${left[0]} is missing`);
}

/** An inequality, also one that was read as an interval or, as x ≠ 2, as two. */
function relationOf(shape: AnswerShape): Relation | undefined {
  if (shape.kind === 'relation') return shape;
  return shape.kind === 'ordered' || shape.kind === 'unordered' ? shape.relation : undefined;
}

/** The text of an answer that is not taken apart. */
function sourceOf(shape: AnswerShape): string {
  if (shape.kind === 'expression' || shape.kind === 'words') return shape.text;
  if (shape.kind === 'ordered') return `${shape.open}${shape.parts.join(',')}${shape.close}`;
  if (shape.kind === 'unordered') return shape.parts.join(shape.join === 'union' ? '\\cup ' : ',');
  if (shape.kind === 'matrix') return shape.rows.map((row) => row.join('&')).join('\\\\');
  return shape.sides.join(shape.kind === 'equation' ? '=' : ' ');
}

function describe(shape: AnswerShape): string {
  const names = {
    expression: 'an expression',
    words: 'words',
    ordered: 'a tuple or interval',
    unordered: 'several answers',
    matrix: 'a matrix',
    equation: 'an equation',
    relation: 'an inequality',
  };
  return names[shape.kind];
}
