import { evaluate, type JudgedAnswer, type Outcome } from '@cppo/bench';
import {
  type BenchmarkReport,
  benchmarkReport,
  type Sample,
  type SkippedRow,
  scoreCompletion,
} from '@cppo/dataset';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { formatReward, mathEqual } from '@cppo/reward';
import { answering, Progress, preparePrompt, type ReadingOptions } from '@cppo/training';
import type { Answering } from '../commands/load-to-answer.js';
import { openHeldOutSource } from '../data/open-samples.js';
import { type AnswerSettings, AnswersFile } from './answers-file.js';
import type { ChosenBenchmark } from './benchmark-spec.js';

export interface BenchmarkRun {
  readonly policy: Answering['generator'];
  readonly reading: ReadingOptions<EncodedPrompt>;
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
export async function runBenchmark(
  { benchmark, spec }: ChosenBenchmark,
  run: BenchmarkRun,
): Promise<BenchmarkResult> {
  const { policy, reading, maxTokens, settings } = run;
  const source = await openHeldOutSource(
    { name: spec, layout: benchmark.name },
    reading,
    `--data benchmark:${benchmark.name}`,
  );
  const placed = await source.take(0, Math.min(run.questions ?? source.length, source.length));
  const samples = placed.map(({ sample }) => sample);
  const answers = new AnswersFile(run.answersFile, settings);
  const progress = new Progress(benchmark.title, samples.length);
  // Variants of a question share an id, so questions are told apart by their place.
  const sampleAt = (place: string): Sample => samples[Number(place)]!;
  try {
    const { outcomes, report } = await evaluate({
      policy: answering(policy),
      samples: samples.map(({ question }, place) => ({ id: String(place), question, answer: String(place) })),
      encode: async ({ id }) => {
        await new Promise((resolve) => setImmediate(resolve));
        run.signal.throwIfAborted();
        return (await preparePrompt(reading.policy, sampleAt(id), 0, reading.showing)).encoded;
      },
      reward: async ({ completion, answer: place }) => {
        const { correct } = await scoreCompletion(benchmark, sampleAt(place), completion, {
          equal: mathEqual,
        });
        return { parts: { accuracy: correct ? 1 : 0, format: formatReward(completion) } };
      },
      samplesPerQuestion: run.samples,
      temperature: run.temperature,
      maxTokens,
      seed: run.seed,
      known: answers.known,
      onOutcome: (outcome) => answers.append({ ...outcome, sample: sampleAt(outcome.id).id } as Outcome),
      onProgress: ({ done, accuracy }) => progress.update(done, `accuracy ${accuracy.toFixed(3)}`),
      signal: run.signal,
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
      skipped: source.skipped.map(({ row, reason }) => ({ row, reason })),
      settings,
    };
  } finally {
    progress.stop();
    await source.close();
  }
}
