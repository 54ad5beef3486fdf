import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireNames } from '@cppo/checked-options';
import { writeWholeFile } from '../directory/whole-file.js';
import { messageOf } from '../system-error.js';
import { UserError } from '../user-error.js';

/** What people wrote on a run; it says nothing of how the run was made, so it is no part of its configuration. */
export interface RunLabels {
  /** Each once, in the order in which they were added. */
  readonly tags: readonly string[];
  readonly note?: string;
}

/** What is to become of a run's labels. */
export interface LabelChange {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  /** In place of the note that there is; empty for none. */
  readonly note?: string;
}

const labelsFile = 'labels.json';

/**
 * Reads the labels of a run, `labels.json` in its directory.
 *
 * @param directory of the run.
 * @returns its labels; none where it has no such file.
 * @throws UserError when the file holds something else.
 */
export function readLabels(directory: string): RunLabels {
  const path = join(directory, labelsFile);
  if (!existsSync(path)) return { tags: [] };
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UserError(`${path} is not JSON (${messageOf(error)}).`);
  }
  if (!isLabels(found)) {
    throw new UserError(`${path}: found ${JSON.stringify(found)}, expected {"tags": […], "note": "…"}.`);
  }
  return found;
}

/**
 * Says whether a text can be a tag: it is not empty and holds no white space and no comma.
 *
 * @param text anything.
 * @returns true when `labelRun` would add it.
 */
export function isTag(text: string): boolean {
  return /^[^\s,]+$/.test(text);
}

/**
 * Writes labels on a run, whether or not a process is at work on it.
 *
 * @param directory of the run.
 * @param change tags to add and to remove, and a note.
 * @returns the labels that it has now.
 * @throws UserError for a tag that is empty or holds white space or a comma; RangeError for an unknown name in `change`.
 * @example
 * labelRun(folder, { add: ['keep', 'slow'], note: 'a smaller rate' }); // { tags: ['keep', 'slow'], note: 'a smaller rate' }
 * labelRun(folder, { remove: ['slow'], note: '' }); // { tags: ['keep'] }
 */
export function labelRun(directory: string, change: LabelChange): RunLabels {
  requireNames('labelRun', change, { add: true, remove: true, note: true });
  const { add = [], remove = [], note } = change;
  const wrong = add.find((tag) => !isTag(tag));
  if (wrong !== undefined) {
    throw new UserError(
      `tag: found ${JSON.stringify(wrong)}, expected a word without white space or commas.`,
    );
  }
  const before = readLabels(directory);
  const tags = [...new Set([...before.tags, ...add])].filter((tag) => !remove.includes(tag));
  const kept = note ?? before.note;
  const labels = { tags, ...(kept === undefined || kept === '' ? {} : { note: kept }) };
  writeWholeFile(join(directory, labelsFile), `${JSON.stringify(labels)}\n`);
  return labels;
}

function isLabels(value: unknown): value is RunLabels {
  if (typeof value !== 'object' || value === null || !('tags' in value) || !Array.isArray(value.tags))
    return false;
  return (
    value.tags.every((tag) => typeof tag === 'string') &&
    (!('note' in value) || typeof value.note === 'string')
  );
}
