import { existsSync, readFileSync } from 'node:fs';
import { writeWholeFile } from '../directory/whole-file.js';

/** What a run keeps of a set, to know it again wherever it lies. */
interface KnownSet {
  readonly samples: number;
  readonly fingerprint?: string;
}

/** A set of samples, as far as it has to be known again. */
export interface FingerprintedSet {
  /** Infinite for samples that are drawn on demand. */
  readonly length: number;
  /** Changes with the samples; nothing where there is none. */
  readonly fingerprint?: string | undefined;
}

/**
 * Compares a data set with the one that the run began with, and records it when the run has no record yet.
 *
 * @param file of the run directory that keeps the record.
 * @param key `data.train` or `data.eval`.
 * @param set its length and fingerprint.
 * @returns the difference, in words that follow "found"; undefined when there is none.
 * @example
 * const file = join(folder, 'data.json');
 * differenceFromBefore(file, 'data.train', { length: 3, fingerprint: 'a' }); // undefined
 * typeof differenceFromBefore(file, 'data.train', { length: 4, fingerprint: 'b' }); // 'string'
 */
export function differenceFromBefore(
  file: string,
  key: string,
  { length, fingerprint }: FingerprintedSet,
): string | undefined {
  // The built-in tasks are what their names say.
  if (!Number.isFinite(length)) return undefined;
  const kept: Record<string, KnownSet> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const before = kept[key];
  if (before === undefined) {
    const known = { samples: length, ...(fingerprint !== undefined && { fingerprint }) };
    writeWholeFile(file, `${JSON.stringify({ ...kept, [key]: known }, null, 2)}\n`);
    return undefined;
  }
  if (before.samples !== length) {
    return `${length} ${length === 1 ? 'sample' : 'samples'} where the run began with ${before.samples}`;
  }
  return before.fingerprint === fingerprint ? undefined : `other samples than the run began with`;
}
