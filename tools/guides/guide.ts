import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What one step of a guide does to one file. */
export interface Edit {
  readonly file: string;
  /** Where the text goes: a file of its own, after a line, or in place of a text. */
  readonly where: 'new' | { readonly after: string } | { readonly instead: string };
  readonly text: string;
}

const place =
  /(?:New file `(?<made>[^`]+)`|In `(?<file>[^`]+)`, (?<how>after|instead of) `(?<text>.+)`):? ?[^\n]*\n(?: {3}(?!```)[^\n]*\n)*? {3}```\w+\n(?<block>[\s\S]*?)\n {3}```/g;

/** The edits that a chapter of a guide describes, in their order. */
export function editsOf(markdown: string, title: string): Edit[] {
  const chapter = markdown.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? '';
  return [...chapter.matchAll(place)].map(({ groups }) => {
    const { made, file, how, text, block } = groups as Record<string, string>;
    const content = block!.replace(/^ {3}/gm, '');
    return {
      file: made ?? file!,
      where: made !== undefined ? 'new' : how === 'after' ? { after: text! } : { instead: text! },
      text: content,
    };
  });
}

/** Carries out an edit under a root; a line that is not there, or a file that is, is an error. */
export function carryOut(root: string, { file, where, text }: Edit): void {
  const path = join(root, file);
  if (where === 'new') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${text}\n`, { flag: 'wx' });
    return;
  }
  const before = readFileSync(path, 'utf8');
  const sought = 'after' in where ? `${where.after}\n` : where.instead;
  const at =
    before.startsWith(sought) && 'after' in where
      ? 0
      : before.indexOf('after' in where ? `\n${sought}` : sought);
  if (at < 0) throw new Error(`${file} has no line ${sought.trim()}`);
  const start = at + ('after' in where && !before.startsWith(sought) ? 1 : 0);
  const rest = before.slice(start + sought.length);
  writeFileSync(path, before.slice(0, start) + ('after' in where ? `${sought}${text}\n` : text) + rest);
}
