import { useMemo } from 'preact/hooks';
import { formatNumber } from './format.js';
import { smooth, ticks } from './smoothing.js';

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
const area = { left: 44, right: 8, top: 8, bottom: 20 };

/** The values as they are, faint, and smoothed. Pointer and arrow keys read them. */
export function Chart(props: ChartProps) {
  const { title, values, steps, smoothing, cursor, index, tabStop, onCursor } = props;
  const drawn = useMemo(() => draw(steps, values, smoothing), [steps, values, smoothing]);
  const { smoothed, toX, toY } = drawn;
  const last = lastKnown(smoothed);
  const point = cursor === undefined ? last : Math.min(cursor, steps.length - 1);
  const value = smoothed[point] ?? null;
  const raw = values[point] ?? null;
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
          {drawn.yTicks.map((tick) => (
            <g key={tick}>
              <line x1={area.left} x2={width - area.right} y1={toY(tick)} y2={toY(tick)} class="grid" />
              <text x={area.left - 6} y={toY(tick) + 3.5} class="tick" text-anchor="end">
                {formatNumber(tick)}
              </text>
            </g>
          ))}
          {drawn.xTicks.map((tick) => (
            <text key={tick} x={toX(tick)} y={height - 5} class="tick" text-anchor="middle">
              {formatNumber(tick)}
            </text>
          ))}
          {smoothing > 0 && <path d={drawn.rawPath} class="raw" />}
          <path d={drawn.path} class="line" />
          {cursor !== undefined && (
            <line
              x1={toX(steps[point]!)}
              x2={toX(steps[point]!)}
              y1={area.top}
              y2={height - area.bottom}
              class="cursor"
            />
          )}
          {value !== null && <circle cx={toX(steps[point]!)} cy={toY(value)} r="3.2" class="dot" />}
        </svg>
      </div>
    </figure>
  );
}

function draw(steps: readonly number[], values: readonly (number | null)[], smoothing: number) {
  const smoothed = smooth(values, smoothing);
  const known = values.filter((value) => value !== null);
  const [low, high] = padded(Math.min(...known), Math.max(...known));
  const first = steps[0]!;
  const lastStep = Math.max(steps.at(-1)!, first + 1);
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
        if (value === null) {
          pen = 'M';
          return '';
        }
        const piece = `${pen}${toX(steps[i]!)} ${toY(value)}`;
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
    yTicks: ticks(low, high, 4),
    xTicks: ticks(first, lastStep, 5).filter((tick) => Number.isInteger(tick) && tick >= first),
  };
}

function padded(low: number, high: number): [number, number] {
  const room = high > low ? (high - low) * 0.05 : Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}

const round = (value: number) => Math.round(value * 10) / 10;

function lastKnown(values: readonly (number | null)[]): number {
  for (let i = values.length - 1; i > 0; i--) if (values[i] !== null) return i;
  return 0;
}

function nearest(event: PointerEvent, steps: readonly number[], fromX: (x: number) => number): number {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const step = fromX(((event.clientX - box.left) / box.width) * width);
  let best = 0;
  for (let i = 1; i < steps.length; i++) {
    if (Math.abs(steps[i]! - step) < Math.abs(steps[best]! - step)) best = i;
  }
  return best;
}
