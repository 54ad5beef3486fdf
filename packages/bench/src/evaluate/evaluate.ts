import { requireNames } from '@cppo/checked-options';
import { lastBoxed } from '@cppo/reward';
import type { BootstrapOptions } from './estimates.js';
import type { EvaluationSample, JudgedAnswer, Outcome } from './outcome.js';
import { faultOf } from './read-chain.js';
import { type Report, summarize } from './report.js';

/** What is asked of a model here; `Policy` of `@cppo/grpo` satisfies it. */
export interface Generator<P> {
  generate(
    prompts: readonly P[],
    options: {
      readonly completions: number;
      readonly maxTokens: number;
      readonly temperature: number;
      readonly seed: number;
    },
  ): Promise<
    readonly (readonly {
      readonly tokens: ArrayLike<number>;
      readonly text: string;
      readonly truncated: boolean;
    }[])[]
  >;
}

/** What judges an answer; the functions of `@cppo/reward` satisfy it. */
export type Judge = (input: {
  completion: string;
  answer: string;
  question: string;
  truncated: boolean;
  tokens: number;
  maxTokens: number;
  /** Of the sample. */
  id: string;
  /** All answers to the question, and the place of this one among them. */
  group: readonly string[];
  index: number;
}) => Judgement | Promise<Judgement>;

export interface Judgement {
  readonly parts: { readonly accuracy: number; readonly format: number };
}

export interface EvaluationProgress {
  readonly done: number;
  readonly total: number;
  /** Mean accuracy so far. */
  readonly accuracy: number;
}

export interface EvaluateOptions<P, S extends EvaluationSample> {
  readonly policy: Generator<P>;
  readonly samples: readonly S[];
  readonly encode: (sample: S) => P | Promise<P>;
  readonly reward: Judge;
  /** k, answers to each question. Default 8. */
  readonly samplesPerQuestion?: number;
  /** Default 1. */
  readonly temperature?: number;
  readonly maxTokens: number;
  readonly seed: number;
  /** Questions generated for at once; part of what the seed determines. Default 16. */
  readonly batch?: number;
  /** Outcomes of an earlier, interrupted run with the same options; their questions are not asked again. */
  readonly known?: readonly Outcome[];
  /** Called with each new outcome, in order: append it to a file, and the run can be resumed. */
  readonly onOutcome?: (outcome: Outcome) => void | Promise<void>;
  readonly onProgress?: (progress: EvaluationProgress) => void;
  /** Stops between batches. */
  readonly signal?: AbortSignal;
  readonly bootstrap?: BootstrapOptions;
  /** Share the questions out: each asks and judges every N-th, and all get all outcomes. Default: nobody else. */
  readonly learners?: Learners;
}

/** Processes that hold the same model, as one of them sees it; `Cluster` of `@cppo/grpo` satisfies it. */
export interface Learners {
  /** This one's number, from 0. */
  readonly rank: number;
  /** N. */
  readonly size: number;
  /** Collects a value of each, in the order of their numbers. */
  gather<T>(value: T): Promise<readonly T[]>;
}

const alone: Learners = { rank: 0, size: 1, gather: async (value) => [value] };

/**
 * Asks each question k times and judges the answers: the paper's measure is `avg` at k = 8, temperature 1.
 *
 * @param options samples, policy, judge and sampling settings.
 * @returns the outcomes in the order of the samples, and their figures.
 * @throws the signal's reason when stopped; finished outcomes have gone to `onOutcome`.
 * @example
 * const answer = { tokens: [1], text: 'It is 4.', truncated: false };
 * const policy = { generate: async (prompts) => prompts.map(() => [answer]) };
 * const { report } = await evaluate({
 *   policy,
 *   samples: [{ id: 'a', question: '2 + 2?', answer: '4' }],
 *   encode: ({ question }) => question,
 *   reward: ({ completion, answer }) => ({
 *     parts: { accuracy: completion.includes(answer) ? 1 : 0, format: 1 },
 *   }),
 *   ...{ samplesPerQuestion: 1, maxTokens: 8, seed: 1 },
 * });
 * report.avg.value; // 1
 */
export async function evaluate<P, S extends EvaluationSample>(
  options: EvaluateOptions<P, S>,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly report: Report }> {
  requireNames('evaluate', options, {
    policy: true,
    samples: true,
    encode: true,
    reward: true,
    samplesPerQuestion: true,
    temperature: true,
    maxTokens: true,
    seed: true,
    batch: true,
    known: true,
    onOutcome: true,
    onProgress: true,
    signal: true,
    bootstrap: true,
    learners: true,
  });
  const { policy, samples, encode, samplesPerQuestion = 8, temperature = 1, maxTokens, seed } = options;
  const { batch = 16, known = [], onOutcome, onProgress, signal, bootstrap, learners = alone } = options;
  if (!(samplesPerQuestion >= 1 && batch >= 1 && maxTokens >= 1)) {
    throw new RangeError(
      `evaluate: samplesPerQuestion ${samplesPerQuestion}, batch ${batch}, maxTokens ${maxTokens}; expected at least 1 of each.`,
    );
  }
  const earlier = new Map(known.map((outcome) => [outcome.id, outcome]));
  const outcomes: Outcome[] = [];
  for (let start = 0; start < samples.length; start += batch) {
    const questions = samples.slice(start, start + batch);
    // A batch is asked as a whole, so that a resumed run draws what an uninterrupted one would.
    if (questions.every(({ id }) => earlier.has(id))) {
      outcomes.push(...questions.map(({ id }) => earlier.get(id) as Outcome));
    } else {
      signal?.throwIfAborted();
      const own = questions
        .map((sample, i) => ({ sample, place: start + i }))
        .filter(({ place }) => place % learners.size === learners.rank);
      const prompts = await Promise.all(own.map(({ sample }) => encode(sample)));
      const sampling = {
        completions: samplesPerQuestion,
        maxTokens,
        temperature,
        seed: (seed + 0x9e3779b1 * (start / batch + 1)) >>> 0,
      };
      const completions = prompts.length === 0 ? [] : await policy.generate(prompts, sampling);
      const judged: { readonly place: number; readonly outcome: Outcome }[] = [];
      for (const [i, { sample, place }] of own.entries()) {
        const answers = await Promise.all(
          (completions[i] as (typeof completions)[number]).map((completion, index, group) =>
            judge(sample, completion, options.reward, maxTokens, {
              group: group.map(({ text }) => text),
              index,
            }),
          ),
        );
        const outcome: Outcome = {
          id: sample.id,
          ...(sample.task === undefined ? {} : { task: sample.task }),
          answers,
        };
        judged.push({ place, outcome });
      }
      const all = (await learners.gather(judged)).flat().sort((a, b) => a.place - b.place);
      for (const { outcome } of all) {
        outcomes.push(outcome);
        if (!earlier.has(outcome.id)) await onOutcome?.(outcome);
      }
    }
    const judged = outcomes.flatMap(({ answers }) => answers);
    onProgress?.({
      done: outcomes.length,
      total: samples.length,
      accuracy: judged.reduce((sum, { accuracy }) => sum + accuracy, 0) / judged.length,
    });
  }
  return { outcomes, report: summarize(outcomes, bootstrap) };
}

async function judge(
  sample: EvaluationSample,
  completion: { readonly tokens: ArrayLike<number>; readonly text: string; readonly truncated: boolean },
  reward: Judge,
  maxTokens: number,
  place: { readonly group: readonly string[]; readonly index: number },
): Promise<JudgedAnswer> {
  const { text, truncated } = completion;
  const tokens = completion.tokens.length;
  const { id, answer, question } = sample;
  const input = { completion: text, answer, question, truncated, tokens, maxTokens, id, ...place };
  const { parts } = await reward(input);
  const fault = faultOf(sample, text, parts.accuracy > 0.5);
  return {
    text,
    accuracy: parts.accuracy,
    format: parts.format,
    tokens,
    truncated,
    boxed: lastBoxed(text),
    ...(fault === undefined ? {} : { fault }),
  };
}
