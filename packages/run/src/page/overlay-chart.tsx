import { useMemo } from 'preact/hooks';
import type { ChartPlace } from './chart-grid.js';
import { formatNumber } from './format.js';
import { Grid } from './grid.js';
import { area, height, nearest, type Plane, planeOf, width } from './plane.js';
import { smooth } from './smoothing.js';

/** One of several lines. */
export interface OverlaidLine {
  readonly name: string;
  /** Which colour it has; lines of one arm share it. */
  readonly colour: number;
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
}

interface OverlayChartProps extends ChartPlace {
  readonly title: string;
  readonly lines: readonly OverlaidLine[];
  /** All steps of all lines, in their order. */
  readonly steps: readonly number[];
  readonly smoothing: number;
}

/** Figures of several runs over one another, smoothed. Pointer and arrow keys read them all at a step. */
export function OverlayChart(props: OverlayChartProps) {
  const { title, lines, steps, smoothing, cursor, index, tabStop, onCursor } = props;
  const { plane, drawn } = useMemo(() => draw(lines, steps, smoothing), [lines, steps, smoothing]);
  const { toX, toY } = plane;
  const point = cursor === undefined ? steps.length - 1 : Math.min(cursor, steps.length - 1);
  const at = steps[point] ?? 0;
  const read = drawn.map((line) => ({ ...line, value: valueAt(line, at) }));
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        {cursor !== undefined && <span class="reading soft">step {at}</span>}
      </figcaption>
      <div
        class="plot"
        role="slider"
        aria-label={title}
        aria-valuemin={steps[0]}
        aria-valuemax={steps.at(-1)}
        aria-valuenow={at}
        aria-valuetext={`step ${at}: ${read.map(({ name, value }) => `${name} ${formatNumber(value)}`).join(', ')}`}
        data-index={index}
        tabIndex={tabStop ? 0 : -1}
        onKeyDown={props.onKeyDown}
        onPointerMove={(event) => onCursor(nearest(event, steps, plane.fromX))}
        onPointerLeave={() => onCursor(undefined)}
      >
        <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
          <Grid plane={plane} />
          {drawn.map(({ name, colour, path }) => (
            <path key={name} d={path} class={`line ${colourClass(colour)}`} />
          ))}
          {cursor !== undefined && (
            <line x1={toX(at)} x2={toX(at)} y1={area.top} y2={height - area.bottom} class="cursor" />
          )}
          {cursor !== undefined &&
            read.map(
              ({ name, colour, value }) =>
                value !== null && (
                  <circle
                    key={name}
                    cx={toX(at)}
                    cy={toY(value)}
                    r="2.6"
                    class={`dot ${colourClass(colour)}`}
                  />
                ),
            )}
        </svg>
        {cursor !== undefined && (
          <ul class={toX(at) > width / 2 ? 'readings left' : 'readings'} aria-hidden="true">
            {read.map(({ name, colour, value }) => (
              <li key={name}>
                <i class={`swatch ${colourClass(colour)}`} /> <span>{name}</span> <b>{formatNumber(value)}</b>
              </li>
            ))}
          </ul>
        )}
      </div>
    </figure>
  );
}

/** Eight colours; beyond, the same ones dashed. */
export function colourClass(colour: number): string {
  return `c${colour % 8}${Math.floor(colour / 8) % 2 === 1 ? ' dashed' : ''}`;
}

type DrawnLine = OverlaidLine & { readonly path: string };

function draw(
  lines: readonly OverlaidLine[],
  steps: readonly number[],
  smoothing: number,
): { readonly plane: Plane; readonly drawn: readonly DrawnLine[] } {
  const smoothed = lines.map((line) => ({ ...line, values: smooth(line.values, smoothing) }));
  const [first = 0] = steps;
  const plane = planeOf(
    first,
    steps.at(-1) ?? first,
    smoothed.flatMap(({ values }) => values),
  );
  return {
    plane,
    drawn: smoothed.map((line) => ({ ...line, path: plane.pathOf(line.steps, line.values) })),
  };
}

/** The value of a line at a step: that of the last step before it where it has none, nothing beyond its end. */
function valueAt({ steps, values }: OverlaidLine, at: number): number | null {
  if (at > (steps.at(-1) ?? 0)) return null;
  const i = steps.findLastIndex((step, j) => step <= at && values[j] !== null);
  return values[i] ?? null;
}
