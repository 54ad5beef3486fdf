import type { Outcome } from '../evaluate/outcome.js';
import { summarize } from '../evaluate/report.js';
import type { Split } from '../tasks/sample.js';

/** One finished run on one split: a line of `ablations.jsonl`. Accuracies are shares from 0 to 1. */
export interface AblationRecord {
  readonly arm: string;
  readonly seed: number;
  readonly split: Split;
  /** avg@8, mean accuracy of all answers. */
  readonly avg8: number;
  readonly maj8: number;
  readonly pass8: number;
  readonly format: number;
  /** Share of the answers with a value misread off the picture, with a wrong conclusion, or unclear. */
  readonly misread: number;
  readonly misreasoned: number;
  readonly unreadable: number;
  /** By task, the number of right answers (of 8) to each held-out question, one digit a question. */
  readonly correct: Readonly<Record<string, string>>;
  /** Optimiser steps; 0 for the untrained model. */
  readonly steps: number;
  /** Seconds of all steps, and of the median one. */
  readonly seconds: number;
  readonly secondsPerStep: number;
  /** Mean training accuracy of each ten steps: arms of a seed see the same questions. */
  readonly curve: readonly number[];
  /** What every arm shares, and what makes this one: `key=value` as `cppo train --set` takes it. */
  readonly protocol: readonly string[];
  readonly settings: readonly string[];
  readonly engine: string;
  readonly commit: string;
}

/**
 * Sums up an evaluation for a record. Every question needs eight answers.
 *
 * @param outcomes of the questions.
 * @returns the measured part of a record.
 * @throws RangeError when a question has another number of answers.
 */
export function measured(
  outcomes: readonly Outcome[],
): Pick<
  AblationRecord,
  'avg8' | 'maj8' | 'pass8' | 'format' | 'misread' | 'misreasoned' | 'unreadable' | 'correct'
> {
  const wrong = outcomes.find(({ answers }) => answers.length !== 8);
  if (wrong !== undefined) {
    throw new RangeError(
      `measured: question ${wrong.id} has ${wrong.answers.length} answers; expected 8, the k of avg@8.`,
    );
  }
  const { avg, maj, pass, format, faults } = summarize(outcomes, { resamples: 1 });
  const correct: Record<string, string> = {};
  for (const { task = 'all', answers } of outcomes) {
    const right = answers.filter(({ accuracy }) => accuracy > 0.5).length;
    correct[task] = `${correct[task] ?? ''}${right}`;
  }
  return {
    avg8: short(avg.value),
    maj8: short(maj.value),
    pass8: short(pass[8]?.value ?? Number.NaN),
    format: short(format),
    misread: short(faults?.perception ?? 0),
    misreasoned: short(faults?.reasoning ?? 0),
    unreadable: short(faults?.unreadable ?? 0),
    correct,
  };
}

/**
 * Computes the accuracy of each question of a record, tasks one after another: the input of the paired
 * bootstrap.
 *
 * @param record of a finished run.
 * @returns accuracies in [0, 1].
 */
export function questionAccuracies({ correct }: AblationRecord): number[] {
  return Object.keys(correct)
    .sort()
    .flatMap((task) => Array.from(correct[task] as string, (digit) => Number(digit) / 8));
}

/**
 * Parses `ablations.jsonl`; ignores a last line cut short by a kill.
 *
 * @param text of the file.
 * @returns the records.
 * @throws RangeError naming the malformed line, and what is wrong with it.
 */
export function parseAblations(text: string): AblationRecord[] {
  const lines = text.split('\n');
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [checked(JSON.parse(line), i + 1)];
    } catch (error) {
      if (error instanceof RangeError) throw error;
      if (i === lines.length - 1) return [];
      throw new RangeError(`line ${i + 1} is not JSON: ${(error as Error).message}`);
    }
  });
}

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');
const isNumber = (value: unknown): boolean => Number.isFinite(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isShare = (value: unknown): boolean =>
  isNumber(value) && (value as number) >= 0 && (value as number) <= 1;
const isCounts = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((digits) => typeof digits === 'string' && /^[0-8]*$/.test(digits));

const share = ['a share from 0 to 1', isShare] as const;
const texts = ['a list of texts', isTexts] as const;
const expected: Readonly<Record<keyof AblationRecord, readonly [string, (value: unknown) => boolean]>> = {
  arm: ['a name', isText],
  seed: ['a whole number', Number.isInteger],
  split: ['in-domain or out-of-domain', (value) => value === 'in-domain' || value === 'out-of-domain'],
  avg8: share,
  maj8: share,
  pass8: share,
  format: share,
  misread: share,
  misreasoned: share,
  unreadable: share,
  correct: ['for each task a digit from 0 to 8 a question', isCounts],
  steps: ['a number', isNumber],
  seconds: ['a number', isNumber],
  secondsPerStep: ['a number', isNumber],
  curve: ['a list of numbers', (value) => Array.isArray(value) && value.every(isNumber)],
  protocol: texts,
  settings: texts,
  engine: ['a text', isText],
  commit: ['a text', isText],
};

function checked(value: unknown, line: number): AblationRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RangeError(`line ${line}: found ${JSON.stringify(value)}, expected a record.`);
  }
  for (const [key, [what, is]] of Object.entries(expected)) {
    const found = (value as Record<string, unknown>)[key];
    if (!is(found)) {
      throw new RangeError(
        `line ${line}, ${key}: found ${JSON.stringify(found) ?? 'nothing'}, expected ${what}.`,
      );
    }
  }
  return value as AblationRecord;
}

function short(value: number): number {
  return Number(value.toFixed(6));
}
