import { type BootstrapOptions, bootstrapMean, type Estimate, majority, mean, passAtK } from './estimates.js';
import type { Fault, Outcome } from './outcome.js';

/** What the outcomes of some questions come to. Shares are 0…1. */
export interface Figures {
  readonly questions: number;
  /** k; the least number of answers that any question has. */
  readonly samplesPerQuestion: number;
  /** avg@k, mean accuracy. */
  readonly avg: Estimate;
  /** maj@k, the answer given most often is right. */
  readonly maj: Estimate;
  /** pass@j for j = 1, 2, 4, … up to k. */
  readonly pass: Readonly<Record<number, Estimate>>;
  /** Share of answers in the format. */
  readonly format: number;
  readonly truncated: number;
  /** Mean length of an answer. */
  readonly tokens: number;
  /** Share of all answers with each fault; absent when no sample says what is to be seen. */
  readonly faults?: Readonly<Record<Fault, number>>;
}

export interface Report extends Figures {
  /** The same for each task, where the samples name one. */
  readonly tasks: Readonly<Record<string, Figures>>;
}

/**
 * Sums up the outcomes of an evaluation as figures with intervals (bootstrap over questions).
 *
 * @param outcomes of the questions.
 * @param bootstrap resamples, confidence and seed.
 * @returns figures for each task and overall.
 * @example
 * const answer = (accuracy) => ({ text: '', accuracy, format: 1, tokens: 1, truncated: false, boxed: null });
 * const { avg, pass } = summarize([{ id: 'a', answers: [answer(1), answer(0)] }]);
 * [avg.value, pass[1].value, pass[2].value]; // [0.5, 0.5, 1]
 */
export function summarize(outcomes: readonly Outcome[], bootstrap: BootstrapOptions = {}): Report {
  const names = [...new Set(outcomes.flatMap(({ task }) => (task === undefined ? [] : [task])))];
  return {
    ...figures(outcomes, bootstrap),
    tasks: Object.fromEntries(
      names.map((name) => [
        name,
        figures(
          outcomes.filter(({ task }) => task === name),
          bootstrap,
        ),
      ]),
    ),
  };
}

function figures(outcomes: readonly Outcome[], bootstrap: BootstrapOptions): Figures {
  const answers = outcomes.flatMap((outcome) => outcome.answers);
  const k = outcomes.length === 0 ? 0 : Math.min(...outcomes.map((outcome) => outcome.answers.length));
  const powers = Array.from({ length: Math.floor(Math.log2(Math.max(k, 1))) + 1 }, (_, i) => 2 ** i).filter(
    (j) => j <= k,
  );
  const correct = outcomes.map((outcome) => outcome.answers.filter(({ accuracy }) => accuracy > 0.5).length);
  const judged = answers.filter(({ fault }) => fault !== undefined);
  const share = (fault: Fault): number => mean(judged.map((answer) => (answer.fault === fault ? 1 : 0)));
  return {
    questions: outcomes.length,
    samplesPerQuestion: k,
    avg: bootstrapMean(accuracies(outcomes), bootstrap),
    maj: bootstrapMean(
      outcomes.map((outcome) =>
        majority(outcome.answers.map(({ boxed, accuracy }) => ({ vote: boxed, correct: accuracy > 0.5 }))),
      ),
      bootstrap,
    ),
    pass: Object.fromEntries(
      powers.map((j) => [
        j,
        bootstrapMean(
          outcomes.map((outcome, i) => passAtK(outcome.answers.length, correct[i] as number, j)),
          bootstrap,
        ),
      ]),
    ),
    format: mean(answers.map(({ format }) => format)),
    truncated: mean(answers.map((answer) => (answer.truncated ? 1 : 0))),
    tokens: mean(answers.map(({ tokens }) => tokens)),
    ...(judged.length === 0
      ? {}
      : {
          faults: {
            none: share('none'),
            perception: share('perception'),
            reasoning: share('reasoning'),
            unreadable: share('unreadable'),
          },
        }),
  };
}

/**
 * Computes the mean accuracy of each question: what `bootstrapDifference` pairs.
 *
 * @param outcomes in the order of the questions.
 * @returns accuracies in [0, 1].
 * @example
 * const answer = (accuracy) => ({ text: '', accuracy, format: 1, tokens: 1, truncated: false, boxed: null });
 * accuracies([{ id: 'a', answers: [answer(1), answer(0)] }]); // [0.5]
 */
export function accuracies(outcomes: readonly Outcome[]): number[] {
  return outcomes.map(({ answers }) => mean(answers.map(({ accuracy }) => accuracy)));
}

/**
 * Formats reports side by side as a text table: one line per task and one for all, shares in percent.
 *
 * @param reports by heading.
 * @returns the table.
 */
export function formatReports(reports: Readonly<Record<string, Report>>): string {
  const percent = (value: number): string => (100 * value).toFixed(1);
  const estimate = ({ value, low, high }: Estimate): string =>
    `${percent(value)} (${percent(low)}–${percent(high)})`;
  const rows = Object.entries(reports).flatMap(([name, report]) => {
    const tasks = Object.entries(report.tasks);
    const parts: [string, Figures][] =
      tasks.length > 1 ? [...tasks, ['all', report]] : [[tasks[0]?.[0] ?? 'all', report]];
    return parts.map(([task, part]) => {
      const best = part.samplesPerQuestion === 0 ? [] : Object.entries(part.pass).slice(-1);
      const pass = best.map(([j, value]) => `@${j} ${estimate(value)}`)[0] ?? '–';
      return [
        name,
        task,
        String(part.questions),
        `@${part.samplesPerQuestion} ${estimate(part.avg)}`,
        pass,
        estimate(part.maj),
        percent(part.format),
        ...(['perception', 'reasoning', 'unreadable'] as const).map((fault) =>
          part.faults === undefined ? '–' : percent(part.faults[fault]),
        ),
      ];
    });
  });
  const head = [
    '',
    'task',
    'questions',
    'avg',
    'pass',
    'maj',
    'format',
    'misread',
    'misreasoned',
    'unreadable',
  ];
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => (row[i] as string).length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n');
}
