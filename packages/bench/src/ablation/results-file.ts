import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError, writeWholeFile } from '@cppo/run';
import { type AblationRecord, parseAblations } from './record.js';

/** The records of a results file; none when there is no file yet. */
export function readResults(path: string): AblationRecord[] {
  if (!existsSync(path)) return [];
  try {
    return parseAblations(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UserError(`--results: ${path}: ${(error as Error).message}`);
  }
}

/** Adds a line. A piece of a line that a kill left at the end goes first, or it would spoil this one. */
export function appendResult(path: string, record: AblationRecord): void {
  mkdirSync(dirname(path), { recursive: true });
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (text !== '' && !text.endsWith('\n')) {
    writeWholeFile(path, parseAblations(text).map(asLine).join(''));
  }
  appendFileSync(path, asLine(record));
}

const asLine = (record: AblationRecord): string => `${JSON.stringify(record)}\n`;
