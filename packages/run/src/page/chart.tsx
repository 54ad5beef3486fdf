import { useMemo } from 'preact/hooks';
import type { ChartPlace } from './chart-grid.js';
import { formatNumber } from './format.js';
import { Grid } from './grid.js';
import { area, height, nearest, planeOf, width } from './plane.js';
import { smooth } from './smoothing.js';

interface ChartProps extends ChartPlace {
  readonly title: string;
  readonly values: readonly (number | null)[];
  readonly steps: readonly number[];
  readonly smoothing: number;
}

/** The values as they are, faint, and smoothed. Pointer and arrow keys read them. */
export function Chart(props: ChartProps) {
  const { title, values, steps, smoothing, cursor, index, tabStop, onCursor } = props;
  const drawn = useMemo(() => draw(steps, values, smoothing), [steps, values, smoothing]);
  const { smoothed, plane } = drawn;
  const { toX, toY } = plane;
  const last = lastKnown(smoothed);
  const point = cursor === undefined ? last : Math.min(cursor, steps.length - 1);
  const value = smoothed[point] ?? null;
  const raw = values[point] ?? null;
  const at = steps[point] ?? 0;
  const reading = `step ${steps[point]}: ${formatNumber(value)}${smoothing > 0 ? ` smoothed, ${formatNumber(raw)} measured` : ''}`;
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        <span class="reading">
          {cursor !== undefined && <span class="soft">step {steps[point]} </span>}
          <b>{formatNumber(value)}</b>
        </span>
      </figcaption>
      <div
        class="plot"
        role="slider"
        aria-label={title}
        aria-valuemin={steps[0]}
        aria-valuemax={steps.at(-1)}
        aria-valuenow={steps[point]}
        aria-valuetext={reading}
        data-index={index}
        tabIndex={tabStop ? 0 : -1}
        onKeyDown={props.onKeyDown}
        onPointerMove={(event) => onCursor(nearest(event, steps, plane.fromX))}
        onPointerLeave={() => onCursor(undefined)}
      >
        <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
          <Grid plane={plane} />
          {smoothing > 0 && <path d={drawn.rawPath} class="raw" />}
          <path d={drawn.path} class="line" />
          {cursor !== undefined && (
            <line x1={toX(at)} x2={toX(at)} y1={area.top} y2={height - area.bottom} class="cursor" />
          )}
          {value !== null && <circle cx={toX(at)} cy={toY(value)} r="3.2" class="dot" />}
        </svg>
      </div>
    </figure>
  );
}

function draw(steps: readonly number[], values: readonly (number | null)[], smoothing: number) {
  const smoothed = smooth(values, smoothing);
  const [first = 0] = steps;
  const plane = planeOf(first, steps.at(-1) ?? first, values);
  return { smoothed, plane, path: plane.pathOf(steps, smoothed), rawPath: plane.pathOf(steps, values) };
}

function lastKnown(values: readonly (number | null)[]): number {
  for (let i = values.length - 1; i > 0; i--) if (values[i] !== null) return i;
  return 0;
}
