import { inspect } from 'node:util';
import ts from 'typescript';

/** A value that an example promises in a comment behind a statement, and what the statement gives. */
export interface Promised {
  readonly statement: string;
  readonly promised: string;
  readonly found: string;
}

/**
 * Runs an example as in `f(1, 2); // 3`: each statement whose line ends with a comment must give what the comment says.
 *
 * @param names what the example may name.
 * @returns what was promised and found; numbers rounded to four digits, tensors as their numbers.
 */
export async function runExample(
  example: string,
  names: Readonly<Record<string, unknown>>,
): Promise<Promised[]> {
  const source = ts.createSourceFile('example.ts', example, ts.ScriptTarget.ES2022, true);
  const results: Promised[] = [];
  const lines = source.statements.map((statement) => {
    const [comment] = ts.getTrailingCommentRanges(example, statement.end) ?? [];
    if (!comment || !ts.isExpressionStatement(statement)) return statement.getText();
    const expression = statement.expression.getText();
    const promised = example.slice(comment.pos + 2, comment.end).trim();
    return `check(${JSON.stringify(expression)}, ${JSON.stringify(promised)}, await (${expression}));`;
  });
  const check = (statement: string, promised: string, value: unknown) =>
    results.push({ statement, promised, found: shown(value) });
  const body = ts.transpile(`async function run() {\n${lines.join('\n')}\n}`, {
    target: ts.ScriptTarget.ES2022,
  });
  await new Function('check', ...Object.keys(names), `${body}\nreturn run();`)(
    check,
    ...Object.values(names),
  );
  return results;
}

function shown(value: unknown): string {
  const text = inspect(plain(value), { breakLength: Number.POSITIVE_INFINITY, depth: 8, compact: true });
  return text.replaceAll('[ ', '[').replaceAll(' ]', ']');
}

function plain(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value + 0 : Number(value.toPrecision(4));
  if (isTensor(value)) return plain(value.arraySync());
  if (Array.isArray(value) || isTypedArray(value)) return Array.from(value, plain);
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value as object).map(([key, part]) => [key, plain(part)]));
  }
  return value;
}

function isTensor(value: unknown): value is { arraySync(): unknown } {
  return typeof value === 'object' && value !== null && 'arraySync' in value;
}

function isTypedArray(value: unknown): value is ArrayLike<number> & Iterable<number> {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
