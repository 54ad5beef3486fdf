/** Rows below a heading, each column as wide as it has to be; the last one is as long as it is. */
export function inColumns(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return cells.map(line).join('\n');
}
