/** What a completion gives as its answer. */
export interface FinalAnswer {
  readonly text: string;
  readonly from: 'box' | 'answer tag' | 'phrase';
}

/**
 * Finds a completion's answer: the last `\boxed{…}`; without one, and unless `boxedOnly`, the last `<answer>…</answer>`, or what follows the
 * last "answer is" or "answer:" up to the end of its line.
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
