import { type Axis, axisOf } from './axis.js';

/** Size of every curve, in the units of its drawing. */
export const width = 320;
export const height = 148;
export const area = { left: 50, right: 14, top: 16, bottom: 20 };

type Values = readonly (number | null)[];

/** Where steps and values are drawn. */
export interface Plane {
  readonly xAxis: Axis;
  readonly yAxis: Axis;
  toX(step: number): number;
  toY(value: number): number;
  /** The step at a place, a fraction where it lies between two. */
  fromX(x: number): number;
  /** A line through the points, broken where there is none. */
  pathOf(steps: readonly number[], values: Values): string;
}

/**
 * The plane that holds all of the values.
 *
 * @param first the first step.
 * @param last the last one.
 */
export function planeOf(first: number, last: number, values: Values): Plane {
  const known = values.filter((value) => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  // A smoothed constant differs from itself in its last digits.
  const constant = most - least <= 1e-9 * Math.abs(most) ? least : undefined;
  const [low, high] = constant === undefined ? padded(least, most) : padded(constant, constant);
  const lastStep = Math.max(last, first + 1);
  const toX = (step: number) =>
    round(area.left + ((step - first) / (lastStep - first)) * (width - area.left - area.right));
  const toY = (value: number) =>
    round(area.top + (1 - (value - low) / (high - low)) * (height - area.top - area.bottom));
  return {
    toX,
    toY,
    fromX: (x) => first + ((x - area.left) / (width - area.left - area.right)) * (lastStep - first),
    pathOf: (steps, drawn) => {
      let pen = 'M';
      return drawn
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
    },
    xAxis: wholeSteps(first, last),
    yAxis: axisOf(low, high, 4, constant),
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

/** The index of the step that the pointer is nearest to. */
export function nearest(
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
