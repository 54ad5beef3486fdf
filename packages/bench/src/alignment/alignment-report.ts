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
    `${completions} completions of ${questions} questions, mean reward ${reward.toFixed(3)}. The cosine is that with the gradient of expected reward, freed of the noise of both: at 1 a step against the loss is one towards more reward, at 0 it does not matter to it, below 0 it costs reward. A dash: not told from noise. "÷ policy" compares the norms of the mean gradients, "a step" those of one block, noise included; λ is where a step's gradient is a tenth of the policy's. "Signal" is the share of a step's squared norm that is no noise.`,
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
    ['loss', 'cosine', '÷ policy', 'a step ÷ policy', 'λ of a tenth', 'signal', 'tokens'],
    rows.map(({ name, cosine, normRatio, stepRatio, coefficient, signal, tokens }) => [
      name,
      shown(cosine),
      shown(normRatio, false),
      Number.isFinite(stepRatio) ? stepRatio.toPrecision(3) : '–',
      Number.isFinite(coefficient) ? coefficient.toPrecision(2) : '–',
      Number.isFinite(signal) ? signal.toFixed(2) : '–',
      tokens === undefined ? '' : tokens.toFixed(0),
    ]),
  );
}

function alignmentPlot({ policy, rows }: Alignment): string {
  const drawn = [policy, ...rows];
  return rowPlot({
    title: 'Cosine with the gradient of expected reward',
    rows: drawn.map(({ family, name }) =>
      family === 'policy' || family === 'loss' ? name : `${family}: ${name}`,
    ),
    series: ['noise corrected, 95 % interval'],
    panels: [
      {
        label: 'cosine',
        zero: true,
        series: [drawn.map(({ cosine }) => (isKnown(cosine) ? cosine : undefined))],
      },
    ],
  });
}

const isKnown = ({ value, low, high }: Estimate): boolean => [value, low, high].every(Number.isFinite);

function shown(estimate: Estimate, signed = true): string {
  if (!isKnown(estimate)) return '–';
  const { value, low, high } = estimate;
  const text = (number: number) => (signed ? sign(number, 2) : number.toPrecision(3));
  return `${text(value)} (${text(low)} to ${text(high)})`;
}

const sign = (value: number, digits: number): string =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Five digits are enough for a file that is kept. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' && Number.isFinite(value) ? Number(value.toPrecision(5)) : value;
}
