/** What is wrong with one row. */
export interface RowProblem {
  /** Row of the whole set, from 1. */
  readonly row: number;
  /** `file:number`, from 1: the line of a text file, the row of a table. */
  readonly place: string;
  /** Column, with an index where there are several: `images[1]`. */
  readonly field: string;
  readonly found: string;
  readonly expected: string;
}

/** A row that was left out, and why. */
export interface SkippedRow {
  /** Row of the whole set, from 1. */
  readonly row: number;
  readonly place: string;
  /** Short and countable: `no image`, `undecodable image`, the name of a filter, … */
  readonly reason: string;
  /** The whole story in one sentence. */
  readonly detail: string;
}

/** What a filter throws when a sample is not one that it would leave out, but broken. */
export class UnusableSample extends Error {
  override readonly name = 'UnusableSample';

  /** The words complete `field "…": found …; expected …`. */
  constructor(
    readonly field: string,
    readonly found: string,
    readonly expected: string,
  ) {
    super(`field "${field}": found ${found}; expected ${expected}`);
  }
}

/**
 * Describes what is wrong with a row, in one line.
 *
 * @param problem place, field, what was found and what is expected.
 * @returns the line.
 * @example
 * const problem = { row: 3, place: 'a.jsonl:3', field: 'answer', found: 'nothing', expected: 'text' };
 * describeProblem(problem); // 'a.jsonl:3: field "answer": found nothing; expected text'
 */
export function describeProblem(problem: RowProblem): string {
  return `${problem.place}: field "${problem.field}": found ${problem.found}; expected ${problem.expected}`;
}

const shownProblems = 20;

/** A data set has broken rows; `problems` holds every one of them. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';

  constructor(
    set: string,
    readonly problems: readonly RowProblem[],
  ) {
    const shown = problems.slice(0, shownProblems).map((problem) => `  ${describeProblem(problem)}`);
    const more = problems.length - shown.length;
    super(
      [
        `openDataset: ${problems.length} broken ${problems.length === 1 ? 'row' : 'rows'} in ${set}:`,
        ...shown,
        ...(more > 0 ? [`  … and ${more} more`] : []),
      ].join('\n'),
    );
  }
}

/** A short rendering of a value for a message. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string')
    return value.length > 60 ? `"${value.slice(0, 57)}…"` : JSON.stringify(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return `an object with ${Object.keys(value).join(', ') || 'no keys'}`;
  return `${typeof value} ${String(value)}`;
}
