import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shown } from '@cppo/checked-options';

/**
 * Describes what was thrown in one line, with the place in the custom module where the stack has one.
 *
 * @param thrown anything.
 * @param file of the module.
 * @returns the line.
 * @example
 * describeThrown('no ink'); // '"no ink"'
 */
export function describeThrown(thrown: unknown, file?: string): string {
  if (!(thrown instanceof Error)) return shown(thrown);
  const [first = ''] = thrown.message.split('\n');
  const text = (first.trim() || thrown.name)
    .replace(/[.:]?\s*$/, '')
    .replace(/^ParseError: /, 'syntax error: ');
  const place = placeOf(thrown, file);
  return place === undefined ? text : `${text} (${place})`;
}

/**
 * Finds the first place of an error that is in the custom module, or else in files beside it.
 *
 * @param error with a stack.
 * @param file of the module.
 * @returns `file:line`; undefined when there is none.
 */
export function placeOf(error: Error, file?: string): string | undefined {
  const [, ...frames] = (error.stack ?? '').slice(Math.max(0, headLength(error))).split('\n');
  const places = frames.flatMap((frame) => {
    const [, path, line] = /(?:\(|at )(?:async )?([^()]+?):(\d+):\d+\)?$/.exec(frame.trim()) ?? [];
    return path === undefined ? [] : [{ path: pathOf(path), line }];
  });
  // A parser's message has the place; a loader's error, the importer of what is missing.
  const [, said, line] =
    /([^\s:]+\.[cm]?[jt]sx?):(\d+)(?::\d+)?/.exec(error.message.replace(/^.*\n/, '')) ?? [];
  if (said !== undefined) return `${shortest(said)}:${line}`;
  const [asker] = (error as Error & { requireStack?: string[] }).requireStack ?? [];
  if (asker !== undefined && isTheirs(asker)) return shortest(asker);
  const theirs = places.filter(({ path }) => isTheirs(path));
  const place =
    file === undefined
      ? theirs[0]
      : theirs.find(({ path }) => path === file || path.startsWith(`${dirname(file)}/`));
  return place && `${shortest(place.path)}:${place.line}`;
}

/** The stack begins with the message, which can have lines that look like places. */
function headLength(error: Error): number {
  const at = (error.stack ?? '').indexOf(error.message);
  return error.message === '' || at < 0 ? 0 : at + error.message.length;
}

function pathOf(address: string): string {
  const [path = address] = address.split('?');
  return path.startsWith('file://') ? fileURLToPath(path) : path;
}

/** Node's own files, packages, and what was built of this program are nobody's module. */
function isTheirs(path: string): boolean {
  return (
    !path.startsWith('node:') && !/[\\/](node_modules|dist)[\\/]/.test(path) && /^(\/|[A-Za-z]:)/.test(path)
  );
}

/**
 * Shortens a path: relative to the working directory where that is shorter.
 *
 * @param path absolute or relative.
 * @returns the shorter form.
 * @example
 * shortest(join(process.cwd(), 'reward.ts')); // 'reward.ts'
 */
export function shortest(path: string): string {
  const short = relative(process.cwd(), path);
  return /^(\/|[A-Za-z]:)/.test(path) && short.length < path.length ? short : path;
}
