/** Levenshtein: insertions, deletions and replacements of one character, letter case aside. */
export function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let at = 0; at < left.length; at++) {
    const next = [at + 1];
    for (let other = 0; other < right.length; other++) {
      const same = left[at]!.toLowerCase() === right[other]!.toLowerCase();
      next.push(Math.min(next[other]! + 1, row[other + 1]! + 1, row[other]! + (same ? 0 : 1)));
    }
    row = next;
  }
  return row[right.length]!;
}
