/** Width of prose in Markdown, in characters. */
export const width = 100;

/** A code span from this length on is not counted: nothing can be broken there. */
const longSpan = 40;

/**
 * Finds the lines of prose that are longer than `width`. Code, tables, headings, pictures, targets of links and long code spans
 * are not counted.
 *
 * @param markdown text of a file.
 * @returns numbers of the lines, from 1.
 */
export function longLines(markdown: string): number[] {
  let fence: string | undefined;
  return markdown.split(/\r?\n/).flatMap((line, index) => {
    const [, mark] = /^\s*(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined;
      return [];
    }
    if (mark !== undefined) fence = mark;
    // A step of a guide names its place in one line, which the test of guides reads.
    if (/^\s*(In|New file) `/.test(line)) return [];
    const isProse = fence === undefined && !/^\s*(\||#{1,6} |\[?!\[|\[[^\]]+\]: )/.test(line);
    return isProse && countedLength(line) > width ? [index + 1] : [];
  });
}

function countedLength(line: string): number {
  const counted = line
    .replace(/\]\([^)\s]+\)/g, ']')
    .replace(/`[^`]+`/g, (span) => (span.length >= longSpan ? '' : span));
  return [...counted].length;
}
