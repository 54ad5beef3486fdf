import type { Estimate } from '../evaluate/estimates.js';
import { mean } from '../evaluate/estimates.js';
import type { Split } from '../tasks/sample.js';
import { bootstrapRuns, pairedDifference } from './paired.js';
import { type AblationRecord, questionAccuracies } from './record.js';
import { sameSettings } from './same-settings.js';

/** Arms that are shown together. */
export interface TableLayout {
  readonly title: string;
  readonly arms: readonly { readonly name: string; readonly about: string }[];
}

const splits: readonly Split[] = ['in-domain', 'out-of-domain'];
/** What the arms are compared with. */
export const baseline = 'grpo';

/**
 * Renders the records as markdown: for each layout and split, avg@8 of every arm with its interval, and its
 * paired difference to GRPO over their common seeds, with two intervals. Omits arms that have not been run;
 * the same records give the same text.
 *
 * @param records of finished runs.
 * @param layouts the tables.
 * @returns markdown.
 * @throws RangeError when arms were run under different protocols: their figures cannot be compared.
 */
export function ablationTables(records: readonly AblationRecord[], layouts: readonly TableLayout[]): string {
  const protocol = commonProtocol(records);
  if (protocol === undefined) return '# Ablations\n\nNothing has been run yet.\n';
  const sections = layouts.flatMap((layout) =>
    splits.flatMap((split) => {
      const rows = layout.arms.flatMap((arm) => armRow(records, arm, split));
      // A table with only the default arm, which every table has, is omitted.
      if (rows.length < 2) return [];
      return [
        `## ${layout.title}, ${split}`,
        markdown(
          [
            ...['arm', 'seeds', 'steps', 'avg@8, %'],
            ...[`minus ${baseline}, points (bootstrap)`, '(t-interval)'],
            ...['maj@8, %', 'pass@8, %', 'misread, %', 'misreasoned, %', 'unreadable, %', 's a step'],
          ],
          rows,
        ),
      ];
    }),
  );
  return `${[
    '# Ablations',
    `Made by \`cppo bench tables\` from \`ablations.jsonl\`. All arms: ${protocol.map((setting) => `\`${setting}\``).join(', ')}. avg@8 at temperature 1. Differences to ${baseline} are paired by seed and question, over the seeds that both arms have (the untrained model is the same for all). Two 95 % intervals: percentiles from resampling seeds and questions, and Student's t for seeds and questions as crossed random effects. With few seeds that differ by several points the first is too narrow (in simulations of three seeds it covers the truth in 78 to 94 % of cases), the second is not (94 %); where they disagree, trust the second. Of twenty differences that are nothing, one lies outside its interval by chance. Misread, misreasoned and unreadable are shares of all answers. Seconds are medians of runs that shared the machine: see the cost table for a fair comparison.`,
    ...sections,
  ].join('\n\n')}\n`;
}

/** Runs of an arm on a split: for each seed, the accuracy of each question. */
export function runsOf(
  records: readonly AblationRecord[],
  arm: string,
  split: Split,
): ReadonlyMap<number, readonly number[]> {
  return new Map(
    records
      .filter((record) => record.arm === arm && record.split === split)
      .sort((one, other) => one.seed - other.seed)
      .map((record) => [record.seed, questionAccuracies(record)]),
  );
}

/** Mean over seeds with its interval; undefined when the arm has not been run. */
export function armEstimate(
  records: readonly AblationRecord[],
  arm: string,
  split: Split,
): Estimate | undefined {
  const runs = [...runsOf(records, arm, split).values()];
  return runs.length === 0 ? undefined : bootstrapRuns(runs);
}

/** Paired difference of an arm to the baseline; `seeds` is 0 when there is none, or the arm is the baseline. */
export function differenceToBaseline(
  records: readonly AblationRecord[],
  arm: string,
  split: Split,
): ReturnType<typeof pairedDifference> {
  const before = runsOf(records, baseline, split);
  const runs = runsOf(records, arm, split);
  if (arm === baseline) return pairedDifference(before, new Map());
  // Nothing is drawn for the untrained model: its one run belongs to every seed.
  const untrained = records.every((record) => record.arm !== arm || record.steps === 0);
  const [only] = runs.values();
  const after = untrained && only ? new Map([...before.keys()].map((seed) => [seed, only])) : runs;
  return pairedDifference(before, after);
}

function armRow(
  records: readonly AblationRecord[],
  { name, about }: { readonly name: string; readonly about: string },
  split: Split,
): string[][] {
  const own = records.filter((record) => record.arm === name && record.split === split);
  const estimate = armEstimate(records, name, split);
  if (estimate === undefined) return [];
  const { seeds, difference, crossed } = differenceToBaseline(records, name, split);
  const percent = (value: number) => (100 * value).toFixed(1);
  const average = (measure: (record: AblationRecord) => number) => mean(own.map(measure));
  const signed = (value: number) => `${value >= 0 ? '+' : '−'}${percent(Math.abs(value))}`;
  return [
    [
      `**${name}** ${about}`,
      String(own.length),
      average(({ steps }) => steps).toFixed(0),
      `${percent(estimate.value)} (${percent(estimate.low)}–${percent(estimate.high)})`,
      seeds === 0
        ? '–'
        : `${signed(difference.value)} (${signed(difference.low)} to ${signed(difference.high)}), ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`,
      crossed === undefined ? '–' : `(${signed(crossed.low)} to ${signed(crossed.high)})`,
      percent(average(({ maj8 }) => maj8)),
      percent(average(({ pass8 }) => pass8)),
      percent(average(({ misread }) => misread)),
      percent(average(({ misreasoned }) => misreasoned)),
      percent(average(({ unreadable }) => unreadable)),
      average(({ secondsPerStep }) => secondsPerStep).toFixed(2),
    ],
  ];
}

function commonProtocol(records: readonly AblationRecord[]): readonly string[] | undefined {
  const [first] = records;
  const other = records.find(({ protocol }) => !sameSettings(protocol, first?.protocol ?? []));
  if (first !== undefined && other !== undefined) {
    throw new RangeError(
      `${first.arm} seed ${first.seed} was run with ${first.protocol.join(' ')}, ${other.arm} seed ${other.seed} with ${other.protocol.join(' ')}; expected one protocol in all lines.`,
    );
  }
  return first?.protocol;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
