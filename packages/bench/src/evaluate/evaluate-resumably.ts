import { type ShowProgress, showNothing } from '../show-progress.js';
import { type AnswerSettings, AnswersFile } from './answers-file.js';
import { type EvaluateOptions, evaluate } from './evaluate.js';
import type { EvaluationSample, Outcome } from './outcome.js';
import type { Report } from './report.js';

/** An evaluation of which every answer is kept at once. Its judge is told the place of a sample as its `id`. */
export interface ResumableEvaluation<P, S extends EvaluationSample>
  extends Pick<
    EvaluateOptions<P, S>,
    'policy' | 'encode' | 'reward' | 'samplesPerQuestion' | 'temperature' | 'maxTokens' | 'seed' | 'bootstrap'
  > {
  /** What is evaluated, for the progress. */
  readonly title: string;
  /** Samples of a file; variants of a question may share an id. */
  readonly samples: readonly S[];
  /** Where the answers are kept; nowhere when left out. */
  readonly answersFile?: string;
  /** How the answers are made: a file of answers is continued only with the same. */
  readonly settings: AnswerSettings;
  /** Stops between questions. */
  readonly signal: AbortSignal;
  /** Shows how far it is. Default: nothing is shown. */
  readonly showProgress?: ShowProgress;
}

/**
 * Evaluates samples, and goes on where the same evaluation was stopped before.
 *
 * @param evaluation samples, policy, judge, sampling settings, and where the answers are kept.
 * @returns the outcomes in the order of the samples, whose ids are their places, and their figures.
 * @throws UserError when the file holds answers of other settings.
 * @throws the signal's reason when stopped.
 */
export async function evaluateResumably<P, S extends EvaluationSample>({
  title,
  samples,
  answersFile,
  settings,
  signal,
  showProgress = showNothing,
  ...asked
}: ResumableEvaluation<P, S>): Promise<{
  readonly outcomes: readonly Outcome[];
  readonly report: Report;
}> {
  const kept = answersFile === undefined ? undefined : new AnswersFile(answersFile, settings);
  const progress = showProgress(title, samples.length);
  const ids = samples.map(({ id }) => id);
  try {
    return await evaluate({
      ...asked,
      // Samples are told apart by their place.
      samples: samples.map((sample, place) => ({ ...sample, id: String(place), sample })),
      encode: async ({ sample }) => {
        // Signals that wait arrive.
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
        return asked.encode(sample);
      },
      known: kept?.known ?? [],
      onOutcome: (outcome) => kept?.append({ ...outcome, sample: ids[Number(outcome.id)] ?? '' }),
      onProgress: ({ done, accuracy }) => progress.update(done, `accuracy ${accuracy.toFixed(3)}`),
      signal,
    });
  } finally {
    progress.stop();
  }
}
