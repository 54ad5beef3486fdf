import { slug } from './slug.js';

/**
 * Finds the links and pictures of a Markdown text.
 *
 * @param markdown text of a file.
 * @returns where they lead, as it is written, each with its line from 1.
 */
export function linksIn(markdown: string): { readonly href: string; readonly line: number }[] {
  return withoutCode(markdown).flatMap((line, i) =>
    [...line.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)/g)].flatMap(([, inline, reference]) => {
      const href = inline ?? reference;
      return href === undefined ? [] : [{ href, line: i + 1 }];
    }),
  );
}

/**
 * Finds the anchors of a Markdown text.
 *
 * @param markdown text of a file.
 * @returns one for each heading; one that comes again is numbered.
 */
export function anchorsIn(markdown: string): string[] {
  const counts = new Map<string, number>();
  return withoutCode(markdown, (span) => span.slice(1, -1)).flatMap((line) => {
    const [, heading] = /^#{1,6} +(.+?)\s*#*$/.exec(line) ?? [];
    if (heading === undefined) return [];
    const anchor = slug(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('*', ''));
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    return [count === 0 ? anchor : `${anchor}-${count}`];
  });
}

/** Its lines, those of code empty, and spans of code replaced. */
function withoutCode(markdown: string, replaceSpan: (span: string) => string = () => ''): string[] {
  let fence: string | undefined;
  return markdown.split(/\r?\n/).map((line) => {
    const [, mark] = /^\s*(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined;
      return '';
    }
    fence = mark;
    return mark === undefined ? line.replace(/`[^`]+`/g, replaceSpan) : '';
  });
}
