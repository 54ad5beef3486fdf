const LETTER = /^(?:\(([A-Ja-j])\)|([A-J])|\(?([A-J])[).:])$/;
const LETTER_AND_TEXT = /^(?:\(([A-Ja-j])\)|([A-J])[).:])\s*(.*)$/;
const NAMED = /^(?:option|choice|answer)\s*(?:is)?\s*:?\s*/i;

const firstGroup = (match: RegExpExecArray): string | undefined =>
  match.slice(1).find((group) => group !== undefined);

/** The option that a reference asks for: `B`, `(B)`, `B.`, `(B) 12 cm`; `null` when it is no option. */
export function referenceOption(text: string): string | null {
  const match = LETTER.exec(text) ?? (/^\(([A-J])\)\s*\S/.exec(text) || /^([A-J])[.:)]\s*\S/.exec(text));
  return (match && firstGroup(match)?.toUpperCase()) ?? null;
}

/** Options chosen together, in order: `AC`, `A, C`, `A and C`; `null` when the text holds anything else. */
export function optionSet(text: string): string | null {
  const found = text.replace(/\b(?:and|or)\b|[\s,;()]/g, '');
  return /^[A-J]{2,10}$/.test(found) ? [...found].sort().join('') : null;
}

/** The option that an answer chooses: also `b`, `option B`, `B. because …`. */
export function chosenOption(text: string): string | null {
  const plain = text.replace(NAMED, '');
  const match = LETTER.exec(plain) ?? LETTER_AND_TEXT.exec(plain) ?? /^\(?([a-j])\)?[.:]?$/.exec(plain);
  return (match && firstGroup(match)?.toUpperCase()) ?? null;
}
