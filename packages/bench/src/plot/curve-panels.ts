import { at, colors, drawing, escaped, heading, niceTicks, range, rule, text, upright } from './parts.js';

/** A line with the range around it. */
export interface Curve {
  readonly name: string;
  readonly points: readonly {
    readonly x: number;
    readonly y: number;
    readonly low: number;
    readonly high: number;
  }[];
}

export interface CurvePanelOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly curves: readonly Curve[];
  /** Drawn in every panel, in grey, to compare with. */
  readonly reference?: Curve;
}

const panel = { width: 250, height: 150, across: 286, down: 206 };
const left = 62;
const top = 62;
const grey = '#7f7f7f';

/** A panel for each curve, all with the same axes: many lines in one would lie on each other. */
export function curvePanels({ title, xLabel, yLabel, curves, reference }: CurvePanelOptions): string {
  const points = [...curves, ...(reference ? [reference] : [])].flatMap((curve) => curve.points);
  const xTicks = niceTicks(...range([0, ...points.map(({ x }) => x)], 0), 4);
  const yTicks = niceTicks(
    ...range(
      points.flatMap(({ low, high }) => [low, high]),
      0,
    ),
    4,
  );
  const [right, bottom, high] = [xTicks.at(-1) as number, yTicks[0] as number, yTicks.at(-1) as number];
  const columns = Math.min(3, curves.length);
  const lines = Math.ceil(curves.length / columns);
  const content = curves.map((curve, i) => {
    const [x0, y0] = [left + (i % columns) * panel.across, top + Math.floor(i / columns) * panel.down];
    const toX = (x: number): number => x0 + (x / (right || 1)) * panel.width;
    const toY = (y: number): number => y0 + panel.height * (1 - (y - bottom) / (high - bottom || 1));
    const draw = ({ points: own }: Curve, color: string): string => {
      const upper = own.map(({ x, high: y }) => `${at(toX(x))},${at(toY(y))}`);
      const lower = own.toReversed().map(({ x, low: y }) => `${at(toX(x))},${at(toY(y))}`);
      const middle = own.map(({ x, y }) => `${at(toX(x))},${at(toY(y))}`);
      return `<polygon points="${[...upper, ...lower].join(' ')}" fill="${color}" fill-opacity="0.18"/><polyline points="${middle.join(' ')}" fill="none" stroke="${color}" stroke-width="1.8"/>`;
    };
    return [
      ...yTicks.map(
        (tick) =>
          rule('rule', x0, toY(tick), x0 + panel.width, toY(tick)) +
          text(x0 - 6, toY(tick) + 4, String(tick), 'end'),
      ),
      ...xTicks.map((tick) => text(toX(tick), y0 + panel.height + 16, String(tick), 'middle')),
      rule('axis', x0, y0 + panel.height, x0 + panel.width, y0 + panel.height),
      `<text x="${at(x0)}" y="${at(y0 - 8)}" font-weight="bold">${escaped(curve.name)}</text>`,
      reference && reference.name !== curve.name ? draw(reference, grey) : '',
      draw(curve, colors[i % (colors.length - 1)] as string),
      // The name of the axes once for each line and column of panels.
      i % columns === 0 ? upright(18, y0 + panel.height / 2, yLabel) : '',
      i + columns >= curves.length
        ? text(x0 + panel.width / 2, y0 + panel.height + 34, xLabel, 'middle')
        : '',
    ].join('\n');
  });
  const width = left + columns * panel.across;
  return drawing(width, top + lines * panel.down - 8, title, [heading(left - 40, 22, title), ...content]);
}
