const OPENING = '\\boxed{';

/**
 * The content of the last `\boxed{…}` of a text, trimmed; `null` when there is none.
 *
 * The last `\boxed{` decides, even when it is never closed (a completion that was cut off inside its
 * answer has no answer), and of nested boxes the innermost last one counts. Escaped braces (`\{`, `\}`)
 * do not nest. Linear in the length of the text.
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
