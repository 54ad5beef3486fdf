import { requireNames } from '@cppo/checked-options';
import {
  colors,
  dot,
  drawing,
  entry,
  heading,
  type Interval,
  niceTicks,
  range,
  rule,
  text,
  widthOf,
} from './parts.js';

/** One measure of the rows, on its own axis. */
export interface RowPanel {
  readonly label: string;
  /** Drawn as an axis: what a difference is compared with. */
  readonly zero?: boolean;
  /** For each series, a value for each row or none. */
  readonly series: readonly (readonly (Interval | undefined)[])[];
}

export interface RowPlotOptions {
  readonly title: string;
  readonly rows: readonly string[];
  /** Names of the series. */
  readonly series: readonly string[];
  readonly panels: readonly RowPanel[];
}

const gap = 50;
const top = 66;

/**
 * Plots named rows one below another, each with the values of a few series in panels side by side, and their
 * intervals.
 *
 * @param options rows, panels and titles.
 * @returns SVG.
 * @throws RangeError for an unknown option.
 */
export function rowPlot(options: RowPlotOptions): string {
  requireNames('rowPlot', options, { title: true, rows: true, series: true, panels: true });
  const { title, rows, series, panels } = options;
  const panelWidth = panels.length === 1 ? 560 : 330;
  const pitch = Math.max(22, 10 * series.length + 8);
  const left = 20 + Math.max(0, ...rows.map(widthOf));
  const bottom = top + rows.length * pitch;
  const content = panels.map((panel, p) => {
    const start = left + p * (panelWidth + gap);
    const values = panel.series.flat().flatMap((each) => (each === undefined ? [] : [each]));
    const ticks = niceTicks(
      ...range(
        [
          ...values.flatMap(({ value, low = value, high = value }) => [value, low, high]),
          ...(panel.zero ? [0] : []),
        ],
        0,
      ),
    );
    const [least, most] = [ticks[0] as number, ticks.at(-1) as number];
    const toX = (value: number): number => start + ((value - least) / (most - least || 1)) * panelWidth;
    return [
      ...ticks.map((tick) =>
        rule(panel.zero && tick === 0 ? 'axis' : 'rule', toX(tick), top, toX(tick), bottom),
      ),
      ...ticks.map((tick) =>
        text(
          toX(tick),
          bottom + 16,
          panel.zero && tick > 0 ? `+${tick}` : String(tick).replace('-', '−'),
          'middle',
        ),
      ),
      text(start + panelWidth / 2, bottom + 38, panel.label, 'middle'),
      ...panel.series.flatMap((own, s) =>
        own.map((each, row) => {
          if (each === undefined) return '';
          const y = top + (row + 0.5) * pitch + (s - (series.length - 1) / 2) * 10;
          const { value, low, high } = each;
          return dot(
            toX(value),
            y,
            colors[s % colors.length] as string,
            low === undefined || high === undefined ? undefined : [toX(low), y, toX(high), y],
          );
        }),
      ),
    ].join('\n');
  });
  const names = rows.map((name, row) => text(left - 10, top + (row + 0.5) * pitch + 4, name, 'end'));
  let at = left + 6;
  const legend = series.map((name, s) => {
    const drawn = entry(at, 48, name, colors[s % colors.length] as string);
    at += 36 + widthOf(name);
    return drawn;
  });
  const width = Math.max(at, left + panels.length * (panelWidth + gap));
  return drawing(width, bottom + 52, title, [heading(left, 22, title), ...legend, ...names, ...content]);
}
