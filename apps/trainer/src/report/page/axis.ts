import { ticks } from './smoothing.js';

export interface Axis {
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
  /** What all labels are multiplied by, where the values are too small or large to be written out. */
  readonly factor: string | undefined;
}

/** Labels of an axis over [low, high]: all with the same decimals, and short. Of one value only, that value. */
export function axisOf(low: number, high: number, count: number, only?: number): Axis {
  const found = only === undefined ? ticks(low, high, count) : [only];
  const largest = Math.max(...found.map(Math.abs));
  const power = largest === 0 ? 0 : Math.floor(Math.log10(largest));
  const shift = power >= 5 || power < -2 ? power : 0;
  const scaled = found.map((value) => value / 10 ** shift);
  const decimals = Math.min(3, Math.max(...scaled.map(decimalsOf)));
  return {
    ticks: found.map((at, i) => ({ at, label: written(scaled[i]!, decimals) })),
    factor: shift === 0 ? undefined : `×10${superscript(shift)}`,
  };
}

/** Decimals that a value needs, of four significant digits. */
function decimalsOf(value: number): number {
  return (String(Number(value.toPrecision(4))).split('.')[1] ?? '').length;
}

function written(value: number, decimals: number): string {
  const text = value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return (Number(text) === 0 ? text.replace('-', '') : text).replace('-', '−');
}

/** A whole number as an exponent: −4 as ⁻⁴. */
export function superscript(value: number): string {
  return String(value).replace(/[-\d]/g, (sign) => (sign === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(sign)]!));
}
