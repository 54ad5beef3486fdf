/** `A` for the first, `B` for the second, … */
export function letterOf(index: number): string {
  return String.fromCharCode(65 + index);
}

/** A question with its choices on lettered lines; left alone when the choices are mere letters (drawn in the picture). */
export function withChoices(question: string, choices: readonly string[]): string {
  if (choices.length === 0 || choices.every((choice, at) => choice.trim().toUpperCase() === letterOf(at))) {
    return question;
  }
  const lines = choices.map((choice, at) => `(${letterOf(at)}) ${choice}`);
  return `${question}\nChoices:\n${lines.join('\n')}`;
}

/**
 * Choices as a list: a list as it is, JSON, or a list as Python prints it (`['3', "don't"]`), as MMMU-Pro stores its own.
 */
export function choiceList(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== 'string' || !/^\s*\[[\s\S]*\]\s*$/.test(value)) return [];
  const items = value.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g);
  return Array.from(items, ([, single, double]) => unescaped(single ?? double ?? ''));
}

/**
 * Choices from one line as We-Math writes them: `A. 300; B. 400;C. No correct answer`. Letters are looked for in their order, after a
 * semicolon or, where there is none, after a blank; the stray `;C.;` of some rows is no letter.
 */
export function letteredChoices(text: string): string[] {
  const choices: string[] = [];
  let rest = splitAt(text, letterOf(0), /^/)?.after;
  for (let next = 1; rest !== undefined; next++) {
    const letter = letterOf(next);
    const split = splitAt(rest, letter, /[;；]/) ?? splitAt(rest, letter, /\s/);
    choices.push((split?.before ?? rest).replace(/[;；\s]+$/, '').trim());
    rest = split?.after;
  }
  return choices;
}

function splitAt(
  text: string,
  letter: string,
  before: RegExp,
): { before: string; after: string } | undefined {
  const found = marker(letter, before).exec(text);
  return found
    ? { before: text.slice(0, found.index), after: text.slice(found.index + found[0].length) }
    : undefined;
}

function marker(letter: string, before: RegExp): RegExp {
  return new RegExp(`${before.source}\\s*${letter}\\s*[.．:：)](?!\\s*[;；])`);
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) =>
    character === 'n'
      ? '\n'
      : character === 't'
        ? '\t'
        : `'"\\`.includes(character)
          ? character
          : `\\${character}`,
  );
}

/**
 * Numbered tags (`<image1>`, `<image 2>`) as `<image>` at the first mention of each picture, and as "image 1" at later ones. Where the
 * tags do not name the pictures one by one in order, all become words and the pictures precede the question.
 */
export function plainImageTags(question: string, images: number): string {
  const tag = /<image\s*(\d+)>/g;
  const order = [...new Set(Array.from(question.matchAll(tag), ([, number]) => Number(number)))];
  const inOrder = order.length === images && order.every((number, at) => number === at + 1);
  const seen = new Set<string>();
  return question.replace(tag, (_, number: string) => {
    if (!inOrder || seen.has(number)) return `image ${number}`;
    seen.add(number);
    return '<image>';
  });
}
