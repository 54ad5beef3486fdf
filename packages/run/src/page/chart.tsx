import { useMemo } from 'preact/hooks';
import { type Axis, axisOf } from './axis.js';
import { formatNumber } from './format.js';
import { smooth } from './smoothing.js';

export interface Curve {
  readonly title: string;
  readonly values: readonly (number | null)[];
}

interface ChartProps extends Curve {
  readonly steps: readonly number[];
  readonly smoothing: number;
  /** Index of the point that is read, if any. */
  readonly cursor: number | undefined;
  readonly index: number;
  readonly tabStop: boolean;
  onCursor(cursor: number | undefined): void;
  onKeyDown(event: KeyboardEvent): void;
}

const width = 320;
const height = 148;
const area = { left: 50, right: 14, top: 16, bottom: 20 };

/** The values as they are, faint, and smoothed. Pointer and arrow keys read them. */
export function Chart(props: ChartProps) {
  const { title, values, steps, smoothing, cursor, index, tabStop, onCursor } = props;
  const drawn = useMemo(() => draw(steps, values, smoothing), [steps, values, smoothing]);
  const { smoothed, toX, toY } = drawn;
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
        onPointerMove={(event) => onCursor(nearest(event, steps, drawn.fromX))}
        onPointerLeave={() => onCursor(undefined)}
      >
        <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
          {drawn.yAxis.factor !== undefined && (
            <text x={2} y={10} class="tick">
              {drawn.yAxis.factor}
            </text>
          )}
          {drawn.yAxis.ticks.map(({ at, label }) => (
            <g key={at}>
              <line x1={area.left} x2={width - area.right} y1={toY(at)} y2={toY(at)} class="grid" />
              <text x={area.left - 6} y={toY(at) + 3.5} class="tick" text-anchor="end">
                {label}
              </text>
            </g>
          ))}
          {drawn.xAxis.ticks.map(({ at, label }) => (
            <text key={at} x={toX(at)} y={height - 5} class="tick" text-anchor="middle">
              {label}
            </text>
          ))}
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
  const known = values.filter((value) => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const [low, high] = padded(least, most);
  const constant = least === most ? least : undefined;
  const [first = 0] = steps;
  const last = steps.at(-1) ?? first;
  const lastStep = Math.max(last, first + 1);
  const toX = (step: number) =>
    round(area.left + ((step - first) / (lastStep - first)) * (width - area.left - area.right));
  const toY = (value: number) =>
    round(area.top + (1 - (value - low) / (high - low)) * (height - area.top - area.bottom));
  const fromX = (x: number) =>
    first + ((x - area.left) / (width - area.left - area.right)) * (lastStep - first);
  const pathOf = (series: readonly (number | null)[]) => {
    let pen = 'M';
    return series
      .map((value, i) => {
        const step = steps[i];
        if (value === null || step === undefined) {
          pen = 'M';
          return '';
        }
        const piece = `${pen}${toX(step)} ${toY(value)}`;
        pen = 'L';
        return piece;
      })
      .join('');
  };
  return {
    smoothed,
    toX,
    toY,
    fromX,
    path: pathOf(smoothed),
    rawPath: pathOf(values),
    yAxis: axisOf(low, high, 4, constant),
    xAxis: wholeSteps(first, last),
  };
}

function padded(low: number, high: number): [number, number] {
  const room = high > low ? (high - low) * 0.05 : Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}

/** Ticks at whole steps; of a single step, that one. */
function wholeSteps(first: number, last: number): Axis {
  if (first === last) return axisOf(first, last, 1, first);
  const axis = axisOf(first, last, Math.min(5, last - first));
  return { ...axis, ticks: axis.ticks.filter(({ at }) => Number.isInteger(at)) };
}

const round = (value: number) => Math.round(value * 10) / 10;

function lastKnown(values: readonly (number | null)[]): number {
  for (let i = values.length - 1; i > 0; i--) if (values[i] !== null) return i;
  return 0;
}

function nearest(
  event: { readonly clientX: number; readonly currentTarget: Element },
  steps: readonly number[],
  fromX: (x: number) => number,
): number {
  const box = event.currentTarget.getBoundingClientRect();
  const step = fromX(((event.clientX - box.left) / box.width) * width);
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (const [i, each] of steps.entries()) {
    const away = Math.abs(each - step);
    if (away < least) [best, least] = [i, away];
  }
  return best;
}
