import { ticks } from './smoothing.js';

export interface Axis {
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
  /** What all labels are multiplied by, where the values are too small or large to be written out. */
  readonly factor: string | undefined;
}

/** Decimals that there is room for beside so many digits. */
const mostDecimals = (power: number) => (power <= 0 ? 5 : Math.max(0, 4 - power));

/**
 * Labels of an axis over [low, high]: short, no two of them alike.
 *
 * @param only the value of a figure that is the same throughout: an axis around it would suggest a range.
 */
export function axisOf(low: number, high: number, count: number, only?: number): Axis {
  const found = only === undefined ? ticks(low, high, count) : [Number(only.toPrecision(4))];
  const largest = Math.max(...found.map(Math.abs));
  const power = largest === 0 ? 0 : Math.floor(Math.log10(largest));
  const small = power < -2 && Math.max(...found.map(decimalsOf)) > 3;
  const shift = power >= 5 || small ? power : 0;
  const scaled = found.map((at) => ({ at: only ?? at, value: Number((at / 10 ** shift).toPrecision(12)) }));
  const fitting = scaled.filter(({ value }) => decimalsOf(value) <= mostDecimals(power - shift));
  const decimals = Math.max(0, ...fitting.map(({ value }) => decimalsOf(value)));
  return {
    ticks: fitting.map(({ at, value }) => ({ at, label: written(value, decimals) })),
    factor: shift === 0 ? undefined : `×10${superscript(shift)}`,
  };
}

/** Decimals of a number as it is written. */
function decimalsOf(value: number): number {
  const [digits = '', power = '0'] = String(value).split('e');
  return Math.max(0, (digits.split('.')[1] ?? '').length - Number(power));
}

function written(value: number, decimals: number): string {
  const text = value.toLocaleString('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return text.replace('-', '−');
}

/** A whole number as an exponent: −4 as ⁻⁴. */
export function superscript(value: number): string {
  return String(value).replace(/[-\d]/g, (sign) => (sign === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'.charAt(Number(sign))));
}
