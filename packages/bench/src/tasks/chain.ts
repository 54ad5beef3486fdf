/** A text that knows which of its characters can only come from the picture. */
export interface Chain {
  readonly text: string;
  /** [start, end) of each value read off the picture, in order; UTF-16 code units of `text`. */
  readonly perception: readonly (readonly [number, number])[];
}

/** A value read off the picture, to be placed in a {@link chain}. */
export class Seen {
  constructor(readonly value: string | number) {}
}

export function seen(value: string | number): Seen {
  return new Seen(value);
}

type Part = string | number | Seen | Chain;

/**
 * Template tag: `` chain`I see ${seen(3)} red.` `` is the text `I see 3 red.` with [6, 7) marked.
 * Other chains may be placed in it and keep their marks.
 */
export function chain(strings: TemplateStringsArray, ...parts: readonly Part[]): Chain {
  return joined(strings.flatMap((text, i) => (i < parts.length ? [text, parts[i] as Part] : [text])));
}

/** The parts one after another, `separator` between them. */
export function joined(parts: readonly Part[], separator = ''): Chain {
  let text = '';
  const perception: [number, number][] = [];
  parts.forEach((part, i) => {
    if (i > 0) text += separator;
    const start = text.length;
    if (part instanceof Seen) {
      text += String(part.value);
      perception.push([start, text.length]);
    } else if (typeof part === 'object') {
      text += part.text;
      for (const [from, to] of part.perception) perception.push([start + from, start + to]);
    } else {
      text += String(part);
    }
  });
  return { text, perception };
}

/** The reply that the reward's format asks for: `<think>…</think> \boxed{…}`. */
export function reply(thought: Chain, answer: string | number): Chain {
  return chain`<think>${thought}</think> \\boxed{${answer}}`;
}
