/** Rows of figures under headings, for people to read. */
export interface SpeedTable {
  readonly title: string;
  readonly columns: readonly string[];
  /** A cell that is undefined is drawn as a dash. */
  readonly rows: readonly (readonly (string | undefined)[])[];
  /** Sentences below the table: how something was measured, what is missing. */
  readonly notes?: readonly string[];
}

/** What a suite of `cppo bench speed` found: as JSON for programs, as tables for people. */
export interface SpeedReport {
  readonly json: object;
  readonly tables: readonly SpeedTable[];
}

/**
 * Formats a table of figures: the first column left-aligned, the others right-aligned.
 *
 * @param table title, columns, rows and notes.
 * @returns the text.
 * @example
 * const table = { title: 'Speed', columns: ['engine', 'ms'], rows: [['wasm', '7'], ['cpu', undefined]] };
 * formatSpeedTable(table).split('\n').at(-1); // 'cpu      –'
 */
export function formatSpeedTable({ title, columns, rows, notes = [] }: SpeedTable): string {
  const cells = [columns, ...rows.map((row) => row.map((cell) => cell ?? '–'))];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  '),
  );
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [title, lines[0]!, rule, ...lines.slice(1), ...notes].join('\n');
}
