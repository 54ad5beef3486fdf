import type { Estimate } from '../evaluate/estimates.js';
import { rowPlot } from '../plot/row-plot.js';
import type { Alignment, AlignmentRow } from './measure-alignment.js';

/** What was measured as files: JSON, markdown and a plot, by name. */
export function alignmentFiles(alignment: Alignment, setting: string): Record<string, string> {
  return {
    'alignment.json': `${JSON.stringify({ setting, ...alignment }, rounded, 2)}\n`,
    'alignment.md': alignmentMarkdown(alignment, setting),
    'alignment.svg': alignmentPlot(alignment),
  };
}

function alignmentMarkdown(alignment: Alignment, setting: string): string {
  const { questions, completions, reward, checks, policy, rows, layers } = alignment;
  const families = [...new Set(rows.map(({ family }) => family))];
  return `${[
    '# Does the loss point where reward rises?',
    setting,
    `${completions} completions of ${questions} questions, mean reward ${reward.toFixed(3)}. The cosine is that with the gradient of expected reward, freed of the noise of both: at 1 a step against the loss is one towards more reward, at 0 it does not matter to it, below 0 it costs reward. A dash: not told from noise. "Gain" is what the loss adds, to first order, at a λ where its gradient in a step is a tenth of the policy terms': in percent of the reward that these gain. It is known where the cosine is not yet. "÷ policy" compares the norms of the mean gradients, "a step" those of one block, noise included; that λ beside it. "Signal" is the share of a step's squared norm that is no noise.`,
    '## Checks of the measure',
    table(
      ['gradient', 'cosine', 'has to be'],
      checks.map(({ name, expected, cosine }) => [name, shown(cosine), sign(expected, 0)]),
    ),
    '## The policy loss, and the perception loss',
    lossTable([policy, ...rows.filter(({ family }) => family === 'loss')]),
    ...families
      .filter((family) => family !== 'loss')
      .flatMap((family) => [`## By ${family}`, lossTable(rows.filter((row) => row.family === family))]),
    '## By layer, the loss as it is trained',
    table(
      ['layer', 'cosine', '÷ policy'],
      layers.map(({ layer, cosine, normRatio }) => [layer, shown(cosine), shown(normRatio, false)]),
    ),
  ].join('\n\n')}\n`;
}

function lossTable(rows: readonly AlignmentRow[]): string {
  return table(
    ['loss', 'cosine', 'gain, %', '÷ policy', 'a step ÷ policy', 'λ of a tenth', 'signal', 'tokens'],
    rows.map(({ name, cosine, gain, normRatio, stepRatio, coefficient, signal, tokens }) => [
      name,
      shown(cosine),
      shownPercent(gain),
      shown(normRatio, false),
      Number.isFinite(stepRatio) ? short(stepRatio) : '–',
      Number.isFinite(coefficient) ? coefficient.toPrecision(1) : '–',
      Number.isFinite(signal) ? Math.max(0, signal).toFixed(3) : '–',
      tokens === undefined ? '' : tokens.toFixed(0),
    ]),
  );
}

function alignmentPlot({ rows }: Alignment): string {
  const drawn = rows;
  return rowPlot({
    title: 'What a form of the perception loss adds to the reward that a step gains',
    rows: drawn.map(({ family, name }) => (family === 'loss' ? name : `${family}: ${name}`)),
    series: ['95 % interval'],
    panels: [
      {
        label: 'gain at a λ of a tenth, % of that of the policy loss',
        zero: true,
        series: [
          drawn.map(({ gain: { value, low, high } }) =>
            [value, low, high].every(Number.isFinite)
              ? { value: 100 * value, low: 100 * low, high: 100 * high }
              : undefined,
          ),
        ],
      },
    ],
  });
}

const isKnown = ({ value, low, high }: Estimate): boolean => [value, low, high].every(Number.isFinite);

function shown(estimate: Estimate, signed = true): string {
  const { value, low, high } = estimate;
  // A ratio that may be nothing is not told from noise either.
  if (!isKnown(estimate) || (!signed && low <= 0)) return '–';
  const text = (number: number) => (signed ? sign(number, 2) : short(number));
  return `${text(value)} (${text(low)} to ${text(high)})`;
}

function shownPercent(estimate: Estimate): string {
  const { value, low, high } = estimate;
  const text = (number: number) => sign(100 * number, 1);
  return isKnown(estimate) ? `${text(value)} (${text(low)} to ${text(high)})` : '–';
}

/** Three digits, and no power of ten. */
const short = (value: number): string =>
  value >= 100
    ? value.toFixed(0)
    : value
        .toPrecision(3)
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '');

const sign = (value: number, digits: number): string =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Five digits are enough for a file that is kept. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' && Number.isFinite(value) ? Number(value.toPrecision(5)) : value;
}
