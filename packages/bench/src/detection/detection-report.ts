import type { Estimate } from '../evaluate/estimates.js';
import { plot } from '../plot/plot.js';
import { rowPlot } from '../plot/row-plot.js';
import { type DetectionRow, detectors } from './detectors.js';

const names = {
  relative: 'entropy rise, relative',
  absolute: 'entropy rise, absolute',
  logProb: 'log-prob shift (PAPO, VPPO)',
  random: 'random tokens',
} as const;

const share = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** The rows as markdown: every perturbation at ρ = 0.5, then every ratio for the authors' perturbations. */
export function detectionMarkdown(
  rows: readonly DetectionRow[],
  facts: Readonly<Record<string, string>>,
): string {
  const sections = [...new Set(rows.map(({ completions }) => completions))].flatMap((completions) => {
    const own = rows.filter((row) => row.completions === completions);
    const views = [...new Set(own.map(({ removing }) => removing))];
    const cell = (removing: string, detector: string, ratio: number) =>
      own.find((row) => row.removing === removing && row.detector === detector && row.ratio === ratio)!;
    return [
      `## ${completions}: ${facts[completions]}`,
      'ROC-AUC, which needs no ratio:',
      table(
        ['view', ...detectors.map((detector) => names[detector])],
        views.map((view) => [view, ...detectors.map((detector) => share(cell(view, detector, 0.5).rocAuc))]),
      ),
      'F1 at ρ = 0.5, every detector choosing as many tokens as the relative score:',
      table(
        ['view', ...detectors.map((detector) => names[detector])],
        views.map((view) => [view, ...detectors.map((detector) => share(cell(view, detector, 0.5).f1))]),
      ),
      'Ratios, view cppoVerl (occlusion or zoom crop):',
      table(
        ['ρ', 'detector', 'precision', 'recall', 'F1'],
        own
          .filter(({ removing }) => removing === 'cppoVerl')
          .map(({ ratio, detector, precision, recall, f1 }) => [
            String(ratio),
            names[detector],
            share(precision),
            share(recall),
            share(f1),
          ]),
      ),
    ];
  });
  return `${['# Detection of perception tokens', facts.setting, ...sections].join('\n\n')}\n`;
}

/** Plots by file name. */
export function detectionPlots(rows: readonly DetectionRow[]): Record<string, string> {
  const own = rows.filter(({ completions }) => completions === 'reference');
  const views = [...new Set(own.map(({ removing }) => removing))];
  const ratios = [...new Set(own.map(({ ratio }) => ratio))];
  return {
    'detection-views.svg': rowPlot({
      title: 'Perception tokens found, by view',
      rows: views,
      series: detectors.map((detector) => names[detector]),
      panels: [
        {
          label: 'ROC-AUC',
          series: detectors.map((detector) =>
            views.map(
              (view) =>
                own.find((row) => row.removing === view && row.detector === detector && row.ratio === 0.5)
                  ?.rocAuc,
            ),
          ),
        },
      ],
    }),
    'detection-ratios.svg': plot({
      title: 'Perception tokens found, by ratio (occlusion or zoom crop)',
      xLabel: 'ρ',
      yLabel: 'F1',
      xTicks: ratios.map((ratio, at) => ({ at, label: String(ratio) })),
      series: detectors.map((detector) => ({
        name: names[detector],
        points: own
          .filter((row) => row.removing === 'cppoVerl' && row.detector === detector)
          .map(({ ratio, f1 }) => ({ x: ratios.indexOf(ratio), y: f1.value, low: f1.low, high: f1.high })),
      })),
    }),
  };
}
