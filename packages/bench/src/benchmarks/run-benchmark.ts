import {
  type BenchmarkReport,
  benchmarkReport,
  type Sample,
  type SkippedRow,
  scoreCompletion,
} from '@cppo/dataset';
import { formatReward, mathEqual } from '@cppo/reward';
import type { AnswerSettings } from '../evaluate/answers-file.js';
import type { Generator } from '../evaluate/evaluate.js';
import { evaluateResumably } from '../evaluate/evaluate-resumably.js';
import type { JudgedAnswer } from '../evaluate/outcome.js';
import type { ShowProgress } from '../show-progress.js';
import type { ChosenBenchmark } from './benchmark-spec.js';

/** A benchmark's rows as samples, and how they are put to the policy. */
export interface BenchmarkQuestions<P> {
  readonly samples: readonly Sample[];
  /** Rows that are no sample. */
  readonly skipped: readonly Pick<SkippedRow, 'row' | 'reason'>[];
  encode(sample: Sample): P | Promise<P>;
  close(): Promise<void>;
}

export interface BenchmarkRun<P> {
  readonly policy: Generator<P>;
  /** Opens the benchmark's file, at most so many questions of it from the first; all when left out. */
  readonly openQuestions: (chosen: ChosenBenchmark, questions?: number) => Promise<BenchmarkQuestions<P>>;
  /** k of avg@k. */
  readonly samples: number;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly seed: number;
  /** From the first; all when left out. */
  readonly questions?: number | undefined;
  /** Where the answers are kept. */
  readonly answersFile: string;
  readonly settings: AnswerSettings;
  readonly signal: AbortSignal;
  /** Shows how far it is. Default: nothing is shown. */
  readonly showProgress?: ShowProgress;
}

/** A benchmark's result, as its file holds it. */
export interface BenchmarkResult extends BenchmarkReport {
  /** Shares of the completions. */
  readonly format: number;
  readonly truncated: number;
  /** Mean length of a completion, tokens. */
  readonly tokens: number;
  /** Questions that were not asked, and why. */
  readonly skipped: readonly Pick<SkippedRow, 'row' | 'reason'>[];
  readonly settings: AnswerSettings;
}

/**
 * Asks a benchmark's questions k times each and judges the answers by its own rules, free-form ones by `mathEqual`.
 *
 * @throws UserError when the file cannot be read as that benchmark's.
 */
export async function runBenchmark<P>(
  chosen: ChosenBenchmark,
  run: BenchmarkRun<P>,
): Promise<BenchmarkResult> {
  const { benchmark } = chosen;
  const { policy, temperature, maxTokens, seed, settings, answersFile, signal, showProgress } = run;
  const { samples, skipped, encode, close } = await run.openQuestions(chosen, run.questions);
  const sampleAt = (place: string): Sample => samples[Number(place)]!;
  try {
    const { outcomes, report } = await evaluateResumably({
      ...{ title: benchmark.title, policy, samples, encode, samplesPerQuestion: run.samples },
      ...{ temperature, maxTokens, seed, settings, answersFile, signal },
      ...(showProgress && { showProgress }),
      reward: async ({ completion, id }) => {
        const { correct } = await scoreCompletion(benchmark, sampleAt(id), completion, { equal: mathEqual });
        return { parts: { accuracy: correct ? 1 : 0, format: formatReward(completion) } };
      },
      bootstrap: { resamples: 1 },
    });
    const scored = outcomes.map(({ id, answers: given }) => ({
      sample: sampleAt(id),
      correct: given.map(({ accuracy }: JudgedAnswer) => accuracy > 0.5),
    }));
    const { format, truncated, tokens } = report;
    return {
      ...benchmarkReport(benchmark, scored),
      format,
      truncated,
      tokens,
      skipped: skipped.map(({ row, reason }) => ({ row, reason })),
      settings,
    };
  } finally {
    await close();
  }
}
