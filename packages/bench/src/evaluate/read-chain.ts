import { type ChainToken, chainTokens, concludes, isNoun } from './chain-tokens.js';
import type { EvaluationSample, Fault } from './outcome.js';

/** A value of the picture as a reply states it. */
export interface ReadValue {
  /** As the reference writes it. */
  readonly expected: string;
  /** Written as the reference would: `3` for `three` and `3.0`; so the reading is right when it equals `expected`. */
  readonly found: string;
  /** [start, end) in the reply. */
  readonly span: readonly [number, number];
}

type Value = Extract<ChainToken, { kind: 'value' }>;
/** A word that names a value, or the place of a value: its index in the perception. */
type Element = string | number;
type Order = 'as the reference' | 'turned round';

/** What a reference states before it reasons. */
interface Form {
  readonly expected: readonly string[];
  /** `3 red` is [0, 'red'], `row 1 column 2` is ['row', 0, 'column', 1]. */
  readonly groups: readonly (readonly Element[])[];
  readonly words: ReadonlySet<string>;
  /** The first step of the reasoning. */
  readonly step?: Step;
  /** Which operand of it is each value; absent when that is not certain. */
  readonly operands?: readonly number[];
}

/** `3 + 5 = …` is [3, 5] and ['+']. */
interface Step {
  readonly values: readonly Value[];
  readonly operators: readonly string[];
}

/** A stretch of a reply that states values, and the step that follows it. */
interface Stretch {
  readonly tokens: readonly ChainToken[];
  readonly step?: Step;
}

/**
 * Reads the values that a reply claims to see, by the names of the reference.
 *
 * `I see 4 red, 5 blue. …` against the reference `I see 3 red, 5 blue. …` gives 4 for 3 and 5 for 5; so do `4
 * red and 5 blue, 4 + 5 = 9`, `red is four, blue is five` and `5 blue 4 red`, since a model rewarded for
 * answers alone drifts from the form it was taught. Where names are omitted (`I see 4, 5. 4 + 5 = 9`, `4 + 5
 * = 9`), the first step of the reasoning must be that of the reference and give the same values.
 *
 * Nothing is guessed: a reply that names something else, gives a name two values, or is ambiguous is not
 * read.
 *
 * @param reply the model's.
 * @param reference the correct one.
 * @param perception [start, end) of the values in the reference that come from the picture.
 * @returns the values; undefined when it is unclear which ones the reply claims to see.
 */
export function readChain(
  reply: string,
  reference: string,
  perception: readonly (readonly [number, number])[],
): ReadValue[] | undefined {
  const form = formOf(reference, perception);
  if (form === undefined) return readToTheLetter(reply, reference, perception);
  const [thought, offset] = thoughtOf(reply);
  const tokens = chainTokens(thought, offset);
  const last = tokens.at(-1);
  // A number that a length limit cut may have had more digits.
  if (last?.kind === 'value' && last.span[1] === reply.length) return undefined;
  const found = named(form, tokens) ?? unnamed(form, tokens);
  // `B 5.3 + 5`: a space may be missing after a full stop.
  if (found?.some(({ text }) => text.includes('.')) && !form.expected.some((text) => text.includes('.'))) {
    return undefined;
  }
  return found?.map(({ text, span }, i) => {
    const expected = reference.slice(...(perception[i] as readonly [number, number]));
    return { expected, found: text === form.expected[i] ? expected : text, span };
  });
}

/** Which kind of fault a judged reply has; undefined when the sample does not say what is to be seen. */
export function faultOf(sample: EvaluationSample, reply: string, correct: boolean): Fault | undefined {
  if (sample.reference === undefined || sample.perception === undefined) return undefined;
  if (correct) return 'none';
  const values = readChain(reply, sample.reference, sample.perception);
  if (values === undefined) return 'unreadable';
  return values.some(({ expected, found }) => expected !== found) ? 'perception' : 'reasoning';
}

/** The text between the tags, or what there is of it, and where it begins. */
function thoughtOf(reply: string): readonly [string, number] {
  const open = /^\s*<think>/.exec(reply)?.[0].length ?? 0;
  const end = reply.slice(open).search(/<\/think>|\\boxed/);
  return [end < 0 ? reply.slice(open) : reply.slice(open, open + end), open];
}

function formOf(reference: string, perception: readonly (readonly [number, number])[]): Form | undefined {
  const [thought, offset] = thoughtOf(reference);
  const tokens = chainTokens(thought, offset);
  const slotOf = (token: ChainToken): number =>
    token.kind === 'value'
      ? perception.findIndex(([start, end]) => start === token.span[0] && end === token.span[1])
      : -1;
  if (perception.length === 0) return undefined;
  const slots = tokens.filter((token) => slotOf(token) >= 0) as Value[];
  if (slots.length !== perception.length) return undefined;
  const groups: Element[][] = [[]];
  let at = 0;
  for (; at < tokens.length; at++) {
    const token = tokens[at] as ChainToken;
    const complete = groups.flat().filter((element) => typeof element === 'number').length === slots.length;
    if (token.kind === 'separator') {
      if (complete) break;
      groups.push([]);
    } else if (token.kind === 'value') {
      if (slotOf(token) < 0) return undefined;
      (groups.at(-1) as Element[]).push(slotOf(token));
    } else if (token.kind === 'word') (groups.at(-1) as Element[]).push(token.text);
    else return undefined;
  }
  const stated = groups.filter((group) => group.length > 0);
  const labels = stated.map((group) => group.filter((element) => typeof element === 'string').join(' '));
  const plain = labels.every((label) => label === '');
  // A name that stands for two values, or for none, names nothing.
  if (!plain && (new Set(labels).size < labels.length || labels.includes(''))) return undefined;
  if (stated.some((group) => group.every((element) => typeof element === 'string'))) return undefined;
  const step = stepAt(tokens, at);
  const operands = step && operandsOf(slots, step);
  return {
    expected: slots.map(({ text }) => text),
    groups: stated,
    words: new Set(stated.flat().filter((element) => typeof element === 'string')),
    ...stepOf(step),
    ...(operands ? { operands } : {}),
  };
}

/** Which operands of the step the values are; undefined when there are none such or several. */
function operandsOf(slots: readonly Value[], { values }: Step): readonly number[] | undefined {
  const ways = slots.reduce<readonly (readonly number[])[]>(
    (known, slot) =>
      known.flatMap((way) =>
        values.flatMap((value, i) =>
          i > (way.at(-1) ?? -1) && value.text === slot.text ? [[...way, i]] : [],
        ),
      ),
    [[]],
  );
  return ways.length === 1 ? ways[0] : undefined;
}

/** The step that begins at a token, up to its equals sign; units (`2 hours`) do not matter. */
function stepAt(tokens: readonly ChainToken[], start: number): Step | undefined {
  const values: Value[] = [];
  const operators: string[] = [];
  for (const token of tokens.slice(start)) {
    if (token.kind === 'operator' && token.text === '=') break;
    if (token.kind === 'operator') operators.push(token.text);
    if (token.kind === 'value') values.push(token);
    if (token.kind === 'separator' && values.length > 0) break;
  }
  return operators.length > 0 && values.length === operators.length + 1 ? { values, operators } : undefined;
}

/**
 * The beginning of a reply in which it states values: up to where it reasons or concludes. Signs between names
 * (`3 red + 5 blue`) part them. An equals sign after a name (`red = 3, blue = 5`) stands before a value when all names have one, and
 * before the answer otherwise.
 *
 * @returns undefined when it is unclear where the step begins.
 */
function stretchOf(form: Form, tokens: readonly ChainToken[], valuesFollow: boolean): Stretch | undefined {
  const equated = new Set(
    tokens.flatMap((token, i) => (token.kind === 'word' && isEquals(tokens[i + 1]) ? [token.text] : [])),
  );
  const equalsJoin =
    valuesFollow && form.groups.every((group) => group.some((name) => equated.has(String(name))));
  const stated: ChainToken[] = [];
  const upTo = (end: number, step: number): Stretch => ({
    tokens: stated.slice(0, stated.length - end),
    ...stepOf(stepAt(tokens, step)),
  });
  for (const [i, token] of tokens.entries()) {
    const [before, after] = [tokens[i - 1]?.kind, tokens[i + 1]?.kind];
    if (concludes(token) && !isName(form, token)) {
      const first = tokens.findIndex(({ kind }, j) => j > i && kind === 'value');
      return upTo(0, first < 0 ? tokens.length : first);
    }
    if (token.kind !== 'operator') stated.push(token);
    else if (isEquals(token)) {
      if (before === 'word' && equalsJoin) continue;
      // `A 3, B 3 5 = 8`: an operator is lost, and what was an operand looks like a value.
      return before === 'value' ? undefined : upTo(0, i + 1);
    } else if (before === 'word' && after === 'word') return upTo(1, i + 1);
    else if (before === 'word' || (before === 'value' && isName(form, tokens[i + 1]))) {
      stated.push({ kind: 'separator', text: ',' });
    } else return before === 'value' ? upTo(1, i - 1) : upTo(0, i + 1);
  }
  return { tokens: stated };
}

const isName = ({ words }: Form, token: ChainToken | undefined): boolean =>
  token?.kind === 'word' && words.has(token.text);

const isEquals = (token: ChainToken | undefined): boolean => token?.kind === 'operator' && token.text === '=';

const stepOf = (step: Step | undefined): { step?: Step } => (step === undefined ? {} : { step });

/** The values of a reply that names every one of them; undefined when it does not, or when it can be read in two ways. */
function named(form: Form, tokens: readonly ChainToken[]): readonly Value[] | undefined {
  if (form.words.size === 0) return undefined;
  const orders: readonly Order[] = ['as the reference', 'turned round'];
  const readings = orders.flatMap((order) => {
    const groups = order === 'turned round' ? form.groups.map(turned) : form.groups;
    const valuesFollow = groups.every((group) => typeof group.at(-1) === 'number');
    const stretch = stretchOf(form, tokens, valuesFollow);
    if (stretch === undefined) return [];
    return [stretch.tokens, withoutNouns(form, stretch.tokens)].map((stated) =>
      statedBy(groups, form, stated, valuesFollow),
    );
  });
  const found = readings.filter((reading) => reading !== undefined);
  return new Set(found.map((values) => values.map(({ span }) => span).join(' '))).size === 1
    ? found[0]
    : undefined;
}

/** `3 red` for `red 3`; what has more than one name or value stays. */
function turned(group: readonly Element[]): readonly Element[] {
  return group.length === 2 ? group.toReversed() : group;
}

function withoutNouns(form: Form, tokens: readonly ChainToken[]): readonly ChainToken[] {
  return tokens.filter((token) => !isNoun(token) || isName(form, token));
}

/** Takes the tokens apart into the groups, each at least once and in any order, and things that were not asked about. */
function statedBy(
  groups: readonly (readonly Element[])[],
  form: Form,
  tokens: readonly ChainToken[],
  valuesFollow: boolean,
): readonly Value[] | undefined {
  const found: Value[] = [];
  let at = 0;
  while (at < tokens.length) {
    if (tokens[at]?.kind === 'separator') {
      at++;
      continue;
    }
    const group = groups.find((candidate) => candidate.every((element, i) => fits(element, tokens[at + i])));
    if (group !== undefined) {
      for (const [i, element] of group.entries()) {
        if (typeof element === 'string') continue;
        const value = tokens[at + i] as Value;
        // Stated twice with different values: ambiguous.
        if (found[element] !== undefined && found[element].text !== value.text) return undefined;
        found[element] ??= value;
      }
      at += group.length;
      continue;
    }
    const end = tokens.findIndex((token, i) => i > at && token.kind === 'separator');
    const other = tokens.slice(at, end < 0 ? tokens.length : end);
    if (other.some((token) => isName(form, token)) || (at > 0 && tokens[at - 1]?.kind !== 'separator'))
      return undefined;
    const value = valuesFollow ? other.at(-1) : other[0];
    const names = valuesFollow ? other.slice(0, -1) : other.slice(1);
    const isOther =
      value?.kind === 'value' && names.length > 0 && names.every((token) => token.kind === 'word');
    // After all that was asked about a bare number is the answer.
    const isAnswer = other.length === 1 && value?.kind === 'value' && isComplete(form, found);
    if (!isOther && !isAnswer) return undefined;
    at += other.length;
  }
  return isComplete(form, found) ? found : undefined;
}

function fits(element: Element, token: ChainToken | undefined): boolean {
  return typeof element === 'number'
    ? token?.kind === 'value'
    : token?.kind === 'word' && token.text === element;
}

function isComplete({ expected }: Form, found: readonly Value[]): boolean {
  return expected.every((_, i) => found[i] !== undefined);
}

/** The values of a reply that leaves out names, or of a reference that has none. */
function unnamed(form: Form, tokens: readonly ChainToken[]): readonly Value[] | undefined {
  const plain = form.words.size === 0;
  const stretch = stretchOf(form, tokens, false);
  if (stretch === undefined) return undefined;
  const { tokens: all, step } = stretch;
  const stated = plain ? withoutNouns(form, all) : all;
  const operands = operandsIn(form, step);
  if (stated.every(({ kind }) => kind === 'separator')) {
    return operands && inOrder(form, operands, plain);
  }
  const stop = stated.findIndex((token) => token.kind === 'separator' && token.text === '.');
  const sentence = stop < 0 ? stated : stated.slice(0, stop);
  const listed = listedBy(form, sentence);
  if (listed === undefined) return undefined;
  // Without names a full stop or the step must follow, or a value may have been left out and the answer taken for one.
  if (plain) return stop >= 0 || isStepOf(form, step) ? inOrder(form, listed, true) : undefined;
  const agree = operands?.every(({ text }, i) => text === listed[i]?.text) ?? false;
  return agree ? inOrder(form, listed, false) : undefined;
}

/** Whether a step calculates what the reference does, with whatever values. */
function isStepOf(form: Form, step: Step | undefined): step is Step {
  return step !== undefined && step.operators.join() === form.step?.operators.join();
}

/** The operands of a step that is the one of the reference but for the values of the picture. */
function operandsIn(form: Form, step: Step | undefined): readonly Value[] | undefined {
  const { operands } = form;
  if (operands === undefined || !isStepOf(form, step)) return undefined;
  const same = form.step?.values.every(
    ({ text }, i) => operands.includes(i) || step.values[i]?.text === text,
  );
  return same ? operands.map((i) => step.values[i] as Value) : undefined;
}

/** One value for each of the form, in its order, with its names or without. */
function listedBy(form: Form, tokens: readonly ChainToken[]): readonly Value[] | undefined {
  const values = tokens.filter((token): token is Value => token.kind === 'value');
  if (values.length !== form.expected.length) return undefined;
  if (tokens.every(({ kind }) => kind !== 'word')) return values;
  let at = 0;
  for (const [i, group] of form.groups.entries()) {
    // A name after a sign belongs to the next value, so without one it is ambiguous.
    if (i > 0 && tokens[at]?.kind !== 'separator') return undefined;
    while (tokens[at]?.kind === 'separator') at++;
    for (const element of group) {
      if (fits(element, tokens[at])) at++;
      else if (typeof element === 'number') return undefined;
    }
  }
  return tokens.slice(at).every(({ kind }) => kind === 'separator') ? values : undefined;
}

/**
 * Values that are the right ones in another order: where the reference has no names (angles of a triangle) the order carries no meaning, so
 * they are read right; where it has, two may have been confused or only the names been left out, and nobody knows.
 */
function inOrder(form: Form, values: readonly Value[], anyOrder: boolean): readonly Value[] | undefined {
  const sorted = (texts: readonly string[]): string => texts.toSorted().join();
  const texts = values.map(({ text }) => text);
  if (texts.join() === form.expected.join() || sorted(texts) !== sorted(form.expected)) return values;
  if (!anyOrder) return undefined;
  const left = [...values];
  return form.expected.map((text) => {
    const [value] = left.splice(
      left.findIndex((each) => each.text === text),
      1,
    );
    return value as Value;
  });
}

/** For references whose values are not numbers: the reply must have the very words of the reference up to the full stop. */
function readToTheLetter(
  reply: string,
  reference: string,
  perception: readonly (readonly [number, number])[],
): ReadValue[] | undefined {
  const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  let pattern = '';
  let at = 0;
  for (const [start, end] of perception) {
    pattern += `${escaped(reference.slice(at, start))}([\\w:.%°-]+)`;
    at = end;
  }
  pattern += escaped(/^[^.]*\./.exec(reference.slice(at))?.[0] ?? '');
  const match = new RegExp(`^\\s*${pattern}`, 'd').exec(reply);
  if (match === null) return undefined;
  return perception.map(([start, end], i) => {
    const span = match.indices?.[i + 1] as [number, number];
    return { expected: reference.slice(start, end), found: reply.slice(...span), span };
  });
}
