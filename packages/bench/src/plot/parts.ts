/** A value with its interval. */
export interface Interval {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

// After Okabe and Ito: told apart by most eyes, and seen on white and on black.
export const colors: readonly string[] = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#e69f00',
  '#8a63d2',
  '#8c6d31',
  '#7f7f7f',
];

/** A whole picture: one self-contained SVG text that follows the reader's light or dark colours. */
export function drawing(width: number, height: number, title: string, content: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img" aria-label="${escaped(title)}">
<style>
.page { fill: #fff } text { fill: #222 } .faint { fill: #666 } .rule { stroke: #e0e0e0 } .axis { stroke: #444 }
@media (prefers-color-scheme: dark) { .page { fill: #16181c } text { fill: #e4e4e4 } .faint { fill: #a0a0a0 } .rule { stroke: #3a3d42 } .axis { stroke: #b0b0b0 } }
</style>
<rect class="page" width="100%" height="100%"/>
${content.join('\n')}
</svg>
`;
}

export function heading(x: number, y: number, content: string): string {
  return `<text x="${x}" y="${y}" font-size="15" font-weight="bold">${escaped(content)}</text>`;
}

export function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

/** Written upwards, centred. */
export function upright(x: number, y: number, content: string): string {
  return `<text transform="translate(${at(x)} ${at(y)}) rotate(-90)" text-anchor="middle">${escaped(content)}</text>`;
}

export function rule(kind: 'rule' | 'axis', x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="${kind}" x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"/>`;
}

/** A dot with the line of its interval. */
export function dot(
  x: number,
  y: number,
  color: string,
  ends?: readonly [number, number, number, number],
): string {
  const interval =
    ends === undefined
      ? ''
      : `<line x1="${at(ends[0])}" y1="${at(ends[1])}" x2="${at(ends[2])}" y2="${at(ends[3])}" stroke="${color}" stroke-opacity="0.6" stroke-width="1.5"/>`;
  return `${interval}<circle cx="${at(x)}" cy="${at(y)}" r="3" fill="${color}"/>`;
}

/** One entry of a legend. */
export function entry(x: number, y: number, name: string, color: string): string {
  return `<circle cx="${at(x)}" cy="${at(y - 4)}" r="5" fill="${color}"/>${text(x + 12, y, name, 'start')}`;
}

export function range(values: readonly number[], margin: number): [number, number] {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? [0, 1] : [Math.min(...finite) - margin, Math.max(...finite) + margin];
}

/** Round numbers from below the least to above the greatest value, about `count` of them. */
export function niceTicks(low: number, high: number, count = 5): number[] {
  const rough = (high - low || Math.abs(high) || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) as number);
  const first = Math.floor(low / step);
  // An axis has an extent even where all values are the same round number.
  const last = Math.max(first + 1, Math.ceil(high / step));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Room that a text of the usual size takes, about; a little more than the fonts of most systems need. */
export function widthOf(content: string): number {
  return 6.8 * content.length;
}

export const at = (value: number): string => value.toFixed(1);
export const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
