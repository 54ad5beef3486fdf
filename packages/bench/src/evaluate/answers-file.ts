import { existsSync, readFileSync } from 'node:fs';
import { appendWhole, UserError, writeWholeFile } from '@cppo/run';
import type { Outcome } from './outcome.js';

/** What the answers depend on: a file of answers is continued only with the same. */
export type AnswerSettings = Readonly<Record<string, string | number>>;

/** How all answers were made when files did not say it yet. */
const unsaid: AnswerSettings = { weights: 'float32', activations: 'float32', cache: 'float32' };

/**
 * The answers of an evaluation as JSON lines, each written at once, so that an interrupted evaluation resumes. The first
 * line says how they were made.
 */
export class AnswersFile {
  readonly known: readonly Outcome[];

  /** @throws UserError when the file holds answers of other settings. */
  constructor(
    readonly path: string,
    settings: AnswerSettings,
  ) {
    const [first, ...rest] = existsSync(path) ? wholeLines(path) : [];
    if (first === undefined) {
      writeWholeFile(path, `${JSON.stringify({ settings })}\n`);
      this.known = [];
      return;
    }
    const found = { ...unsaid, ...(first as { settings?: AnswerSettings }).settings };
    const asked = { ...unsaid, ...settings };
    for (const key of new Set([...Object.keys(asked), ...Object.keys(found)])) {
      if (found[key] === asked[key]) continue;
      throw new UserError(
        `--out: ${path} holds answers made with ${key} ${JSON.stringify(found[key])}, found ${JSON.stringify(asked[key])}; expected the same${key in unsaid ? ` (--${key} ${found[key]})` : ''}, or another directory.`,
      );
    }
    this.known = rest as Outcome[];
    // What a kill left half written goes.
    writeWholeFile(path, [first, ...rest].map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  /** @param outcome with the id of its sample, which others may share. */
  append(outcome: Outcome & { readonly sample: string }): void {
    appendWhole(this.path, `${JSON.stringify(outcome)}\n`);
  }
}

function wholeLines(path: string): unknown[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const last = lines.pop();
  const read: unknown[] = [];
  for (const [i, line] of [...lines, ...(last ? [last] : [])].entries()) {
    try {
      read.push(JSON.parse(line));
    } catch {
      if (i === lines.length) break;
      throw new UserError(`--out: ${path}:${i + 1}: found no JSON, expected the answers to one question.`);
    }
  }
  return read;
}
