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
}

const size = { width: 830, height: 420 };
const inner = { left: 64, right: 580, top: 40, bottom: 350 };
// Okabe and Ito's colours, told apart by most eyes.
const colors = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#e69f00',
  '#000000',
  '#8c6d31',
  '#7f7f7f',
];

/** A chart of a few series with their intervals: one self-contained SVG text, the same for the same figures. */
export function plot({ title, xLabel, yLabel, series, xTicks, joined = true }: PlotOptions): string {
  const points = series.flatMap((one) => one.points);
  const [left, right] = range([...points.map(({ x }) => x), ...xTicks.map(({ at }) => at)], joined ? 0 : 0.5);
  const ticks = niceTicks(
    ...range(
      points.flatMap(({ y, low = y, high = y }) => [y, low, high]),
      0,
    ),
  );
  const [bottom, top] = [ticks[0] as number, ticks.at(-1) as number];
  const toX = (x: number) => inner.left + ((x - left) / (right - left || 1)) * (inner.right - inner.left);
  const toY = (y: number) => inner.bottom - ((y - bottom) / (top - bottom || 1)) * (inner.bottom - inner.top);
  const slanted = xTicks.some(({ label }) => label.length > 8);
  const axes = [
    ...ticks.map(
      (tick) =>
        `<line x1="${inner.left}" x2="${inner.right}" y1="${at(toY(tick))}" y2="${at(toY(tick))}" stroke="#e0e0e0"/>` +
        text(inner.left - 8, toY(tick) + 4, String(tick), 'end'),
    ),
    ...xTicks.map((tick) =>
      slanted
        ? `<text transform="translate(${at(toX(tick.at) + 4)} ${inner.bottom + 16}) rotate(-25)" text-anchor="end">${escaped(tick.label)}</text>`
        : text(toX(tick.at), inner.bottom + 18, tick.label, 'middle'),
    ),
    `<line x1="${inner.left}" x2="${inner.right}" y1="${inner.bottom}" y2="${inner.bottom}" stroke="#444"/>`,
    text((inner.left + inner.right) / 2, inner.bottom + 42, xLabel, 'middle'),
    `<text transform="translate(16 ${(inner.top + inner.bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(yLabel)}</text>`,
    `<text x="${inner.left}" y="22" font-size="15" font-weight="bold">${escaped(title)}</text>`,
  ];
  const drawn = series.map((one, i) => {
    // Side by side where intervals would lie on each other.
    const shift = joined ? 0 : (i - (series.length - 1) / 2) * 7;
    return drawSeries(one, colors[i % colors.length] as string, joined, (x) => toX(x) + shift, toY, i);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12" fill="#222" role="img" aria-label="${escaped(title)}">
<rect width="100%" height="100%" fill="#fff"/>
${[...axes, ...drawn].join('\n')}
</svg>
`;
}

function drawSeries(
  { name, points }: PlotSeries,
  color: string,
  joined: boolean,
  toX: (x: number) => number,
  toY: (y: number) => number,
  index: number,
): string {
  const path = points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${at(toX(x))} ${at(toY(y))}`).join('');
  const marks = points.map(({ x, y, low, high }) => {
    const bar =
      low === undefined || high === undefined
        ? ''
        : `<line x1="${at(toX(x))}" x2="${at(toX(x))}" y1="${at(toY(low))}" y2="${at(toY(high))}" stroke="${color}" stroke-opacity="0.55" stroke-width="1.5"/>`;
    return `${bar}<circle cx="${at(toX(x))}" cy="${at(toY(y))}" r="3" fill="${color}"/>`;
  });
  const y = inner.top + 10 + index * 20;
  return [
    joined ? `<path d="${path}" fill="none" stroke="${color}" stroke-width="1.8"/>` : '',
    ...marks,
    `<circle cx="${inner.right + 18}" cy="${y - 4}" r="5" fill="${color}"/>${text(inner.right + 30, y, name, 'start')}`,
  ].join('');
}

function range(values: readonly number[], margin: number): [number, number] {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? [0, 1] : [Math.min(...finite) - margin, Math.max(...finite) + margin];
}

/** Round numbers from below the least to above the greatest value, four to eight of them. */
function niceTicks(low: number, high: number): number[] {
  const rough = (high - low || Math.abs(high) || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) as number);
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

const at = (value: number): string => value.toFixed(1);
const text = (x: number, y: number, content: string, anchor: string): string =>
  `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${escaped(content)}</text>`;
const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
