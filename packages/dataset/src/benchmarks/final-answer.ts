/** What a completion gives as its answer. */
export interface FinalAnswer {
  readonly text: string;
  readonly from: 'box' | 'answer tag' | 'phrase';
}

/**
 * Finds the answer in a completion: the last `\boxed{…}`; without one, unless `boxedOnly`, the last
 * `<answer>…</answer>`, or the rest of the line after the last "answer is" or "answer:".
 *
 * @param completion the model's reply.
 * @param boxedOnly accepts boxes only.
 * @returns the answer and its form; undefined when there is none.
 * @example
 * finalAnswer('So the answer is 7.')?.text; // '7'
 * finalAnswer('So the answer is 7.', true); // undefined
 */
export function finalAnswer(completion: string, boxedOnly = false): FinalAnswer | undefined {
  const box = lastBox(completion);
  if (box !== undefined) return { text: box, from: 'box' };
  if (boxedOnly) return undefined;
  const tag = Array.from(completion.matchAll(/<answer>([^<]*)<\/answer>/gi))
    .at(-1)?.[1]
    ?.trim();
  if (tag) return { text: tag, from: 'answer tag' };
  const lead = Array.from(completion.matchAll(/\banswer(?:\s+is|\s*[:：])[:\s*]*/gi)).at(-1);
  const rest = lead && completion.slice(lead.index + lead[0].length).split('\n', 1)[0];
  const text = rest
    ?.replace(/[*\s]+$/, '')
    .replace(/\.$/, '')
    .replace(/[*\s]+$/, '')
    .slice(0, 200);
  return text ? { text, from: 'phrase' } : undefined;
}

function lastBox(text: string): string | undefined {
  const start = text.lastIndexOf('\\boxed{');
  if (start === -1) return undefined;
  const from = start + '\\boxed{'.length;
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return text.slice(from, at).trim();
  }
  return undefined;
}
