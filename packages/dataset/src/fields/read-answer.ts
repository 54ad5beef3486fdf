import { show } from '../problem.js';
import type { Complaint } from './read-question.js';

/**
 * A reference answer as bare text. Data sets wrap theirs: ViRL39K in `\boxed{…}`, CLEVR in `<answer> … </answer>`; a
 * wrapper around the whole is taken off, so that what is left is what a completion's box should hold.
 */
export function readAnswer(value: unknown): string | Complaint {
  if (typeof value === 'number' && Number.isNaN(value)) return { found: 'NaN', expected: 'text or a number' };
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (Array.isArray(value) && value.length === 1) return readAnswer(value[0]);
  if (typeof value !== 'string') return { found: show(value), expected: 'text or a number' };
  const text = unbox(unwrapTag(value.trim()));
  return text === '' ? { found: 'empty text', expected: 'text or a number' } : text;
}

function unwrapTag(text: string): string {
  return /<answer>([\s\S]*)<\/answer>\s*$/.exec(text)?.[1]?.trim() ?? text;
}

function unbox(text: string): string {
  const bare = /^\$([^$]*)\$$/.exec(text)?.[1] ?? text;
  const open = /^\\boxed\s*\{/.exec(bare)?.[0];
  if (!open) return text;
  let depth = 1;
  for (let at = open.length; at < bare.length; at++) {
    if (bare[at] === '\\') at++;
    else if (bare[at] === '{') depth++;
    else if (bare[at] === '}' && --depth === 0)
      return at === bare.length - 1 ? bare.slice(open.length, at).trim() : text;
  }
  return text;
}
