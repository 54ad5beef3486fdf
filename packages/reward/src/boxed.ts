const OPENING = '\\boxed{';

/**
 * Extracts the content of the last `\boxed{…}` of a text, trimmed.
 *
 * The last `\boxed{` decides, even if it is never closed (a completion that was cut off inside its answer has
 * no answer); of nested boxes it is the innermost. Escaped braces (`\{`, `\}`) do not nest. Linear in the
 * length of the text.
 *
 * @param text a completion.
 * @returns the content; `null` when there is no closed box.
 * @example
 * lastBoxed('first \\boxed{3}, no: \\boxed{ \\frac{1}{2} }'); // '\\frac{1}{2}'
 * lastBoxed('so \\boxed{3'); // null
 */
export function lastBoxed(text: string): string | null {
  const opening = text.lastIndexOf(OPENING);
  if (opening < 0) return null;
  const start = opening + OPENING.length;
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    const character = text[i];
    if (character === '\\') i++;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return text.slice(start, i).trim();
  }
  return null;
}
