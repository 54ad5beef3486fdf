import { escapeHtml, formatNumber } from './html.js';

export interface Curve {
  readonly title: string;
  readonly unit?: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

const width = 320;
const height = 150;
const left = 46;
const bottom = 20;
const top = 8;

/** One small chart: the raw values faint, their exponential moving average (bias-corrected, decay 0.9) strong. */
export function curveSvg({ title, unit, steps, values }: Curve): string {
  const points = steps
    .map((step, i) => [step, values[i]!] as const)
    .filter(([, value]) => Number.isFinite(value));
  if (points.length === 0) return '';
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [low, high] = padded(Math.min(...ys), Math.max(...ys));
  const [first, last] = [xs[0]!, Math.max(xs.at(-1)!, xs[0]! + 1)];
  const toX = (x: number) => left + ((x - first) / (last - first)) * (width - left - 6);
  const toY = (y: number) => top + (1 - (y - low) / (high - low)) * (height - top - bottom);
  const path = (series: readonly number[]) =>
    series.map((y, i) => `${i === 0 ? 'M' : 'L'}${toX(xs[i]!).toFixed(1)} ${toY(y).toFixed(1)}`).join('');
  const ticks = [low, (low + high) / 2, high]
    .map(
      (tick) =>
        `<line x1="${left}" x2="${width - 6}" y1="${toY(tick).toFixed(1)}" y2="${toY(tick).toFixed(1)}" class="grid"/>` +
        `<text x="${left - 5}" y="${(toY(tick) + 3.5).toFixed(1)}" class="tick" text-anchor="end">${formatNumber(tick)}</text>`,
    )
    .join('');
  const name = `${title}${unit === undefined ? '' : `, ${unit}`}`;
  return `<figure class="chart"><figcaption>${escapeHtml(name)} <b>${formatNumber(smooth(ys).at(-1)!)}</b></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(name)} over steps ${first} to ${xs.at(-1)}: from ${formatNumber(ys[0]!)} to ${formatNumber(ys.at(-1)!)}">
${ticks}<text x="${left}" y="${height - 5}" class="tick">step ${first}</text><text x="${width - 6}" y="${height - 5}" class="tick" text-anchor="end">${xs.at(-1)}</text>
<path d="${path(ys)}" class="raw"/><path d="${path(smooth(ys))}" class="line"/></svg></figure>`;
}

function smooth(values: readonly number[]): number[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = 0.9 * sum + 0.1 * value;
    weight = 0.9 * weight + 0.1;
    return sum / weight;
  });
}

function padded(low: number, high: number): [number, number] {
  const room = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}
