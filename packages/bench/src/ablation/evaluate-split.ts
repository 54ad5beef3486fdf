import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { RunDirectory } from '@cppo/run';
import { evaluate } from '../evaluate/evaluate.js';
import type { Outcome } from '../evaluate/outcome.js';
import type { ShowProgress } from '../show-progress.js';
import type { Split } from '../tasks/sample.js';
import type { OpenedRun } from './training-loop.js';

/** Answers to the held-out questions, each written to a file at once, so that an interrupted evaluation resumes. */
export async function evaluateSplit<P>(
  run: OpenedRun<P>,
  samplesPerQuestion: number,
  directory: RunDirectory,
  split: Split,
  check: () => Promise<void>,
  showProgress: ShowProgress,
): Promise<readonly Outcome[]> {
  const file = directory.file(`outcomes-${split}.jsonl`);
  const { close, questions, ...asked } = await run.openQuestions(split);
  const progress = showProgress(split, questions.length);
  const questionOf = new Map(questions.map((question) => [question.sample, question]));
  try {
    const { outcomes } = await evaluate({
      ...asked,
      samples: questions.map(({ sample }) => sample),
      encode: async (sample) => {
        await check();
        return questionOf.get(sample)!.encode();
      },
      samplesPerQuestion,
      seed: 0,
      known: keptOutcomes(file),
      onOutcome: (outcome) => appendFileSync(file, `${JSON.stringify(outcome)}\n`),
      onProgress: ({ done, accuracy }) => progress.update(done, `accuracy ${accuracy.toFixed(3)}`),
    });
    return outcomes;
  } finally {
    progress.stop();
    await close();
  }
}

function keptOutcomes(file: string): Outcome[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Outcome];
      } catch {
        return [];
      }
    });
}
