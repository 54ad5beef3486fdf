import { requireNames } from '@cppo/checked-options';
import {
  at,
  colors,
  dot,
  drawing,
  entry,
  escaped,
  heading,
  niceTicks,
  range,
  rule,
  text,
  upright,
  widthOf,
} from './parts.js';

/** One point of a series; `low` and `high` bound its interval. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface PlotSeries {
  readonly name: string;
  readonly points: readonly PlotPoint[];
}

export interface PlotOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly PlotSeries[];
  /** Where the x axis is marked, and with what. */
  readonly xTicks: readonly { readonly at: number; readonly label: string }[];
  /** Whether points are joined; default true. Unordered things (names) are not. */
  readonly joined?: boolean;
  /** What the series are to be compared with: a dashed line over the whole width. */
  readonly reference?: { readonly name: string; readonly y: number };
}

const width = 830;
const inner = { left: 64, right: 580, top: 40, bottom: 350 };
const slant = (25 * Math.PI) / 180;

/**
 * Plots a few series with their intervals as self-contained SVG, the same text for the same figures.
 *
 * @param options series, axes and titles.
 * @returns SVG.
 * @throws RangeError for an unknown option.
 */
export function plot(options: PlotOptions): string {
  requireNames('plot', options, {
    ...{ title: true, xLabel: true, yLabel: true, series: true, xTicks: true },
    ...{ joined: true, reference: true },
  });
  const { title, xLabel, yLabel, series, xTicks, joined = true, reference } = options;
  const points = series.flatMap((one) => one.points);
  // Names need room on both sides; values joined by a line a little, so that no mark lies on the axis.
  const [left, right] = range(
    [...points.map(({ x }) => x), ...xTicks.map((tick) => tick.at)],
    joined ? 0 : 0.5,
  );
  const ticks = niceTicks(
    ...range(
      [
        ...points.flatMap(({ y, low = y, high = y }) => [y, low, high]),
        ...(reference === undefined ? [] : [reference.y]),
      ],
      0,
    ),
  );
  const [bottom, top] = [ticks[0] as number, ticks.at(-1) as number];
  const toX = (x: number) =>
    inner.left + 8 + ((x - left) / (right - left || 1)) * (inner.right - inner.left - 16);
  const toY = (y: number) => inner.bottom - ((y - bottom) / (top - bottom || 1)) * (inner.bottom - inner.top);
  const pitch = (inner.right - inner.left) / Math.max(1, xTicks.length);
  const longest = Math.max(0, ...xTicks.map(({ label }) => widthOf(label)));
  const slanted = longest > pitch - 4;
  const below = slanted ? 16 + longest * Math.sin(slant) : 18;
  const axes = [
    ...ticks.map(
      (tick) =>
        rule('rule', inner.left, toY(tick), inner.right, toY(tick)) +
        text(inner.left - 8, toY(tick) + 4, String(tick), 'end'),
    ),
    ...xTicks.map((tick) =>
      slanted
        ? `<text transform="translate(${at(toX(tick.at) + 4)} ${inner.bottom + 16}) rotate(-25)" text-anchor="end">${escaped(tick.label)}</text>`
        : text(toX(tick.at), inner.bottom + 18, tick.label, 'middle'),
    ),
    rule('axis', inner.left, inner.bottom, inner.right, inner.bottom),
    text((inner.left + inner.right) / 2, inner.bottom + below + 24, xLabel, 'middle'),
    upright(16, (inner.top + inner.bottom) / 2, yLabel),
    heading(inner.left, 22, title),
  ];
  const entryAt = (i: number): number => inner.top + 10 + 20 * i;
  const drawn = series.map((one, i) => {
    const color = colors[i % colors.length] as string;
    // Side by side where intervals would lie on each other.
    const shift = (i - (series.length - 1) / 2) * (joined ? 3 : 7);
    const places = one.points.map(({ x, y, low, high }) => ({
      x: toX(x) + shift,
      y: toY(y),
      ends: low === undefined || high === undefined ? undefined : ([toY(low), toY(high)] as const),
    }));
    const path = places.map(({ x, y }, j) => `${j === 0 ? 'M' : 'L'}${at(x)} ${at(y)}`).join('');
    return [
      joined ? `<path d="${path}" fill="none" stroke="${color}" stroke-width="1.8"/>` : '',
      ...places.map(({ x, y, ends }) => dot(x, y, color, ends && [x, ends[0], x, ends[1]])),
      entry(inner.right + 18, entryAt(i), one.name, color),
    ].join('');
  });
  const compared =
    reference === undefined
      ? []
      : [
          dashes(inner.left, inner.right, toY(reference.y)),
          dashes(inner.right + 11, inner.right + 25, entryAt(series.length) - 4),
          text(inner.right + 30, entryAt(series.length), reference.name, 'start'),
        ];
  return drawing(width, inner.bottom + below + 36, title, [...axes, ...compared, ...drawn]);
}

function dashes(x1: number, x2: number, y: number): string {
  return `<line class="axis" x1="${at(x1)}" x2="${at(x2)}" y1="${at(y)}" y2="${at(y)}" stroke-width="1.5" stroke-dasharray="5 4"/>`;
}
