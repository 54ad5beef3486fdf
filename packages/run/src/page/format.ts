import { superscript } from './axis.js';

/** A number as people read it: up to four significant digits, a true minus sign. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const text = Number.isInteger(value)
    ? value.toLocaleString('en-US')
    : size < 1e-3 || size >= 1e5
      ? scientific(value)
      : Number(value.toPrecision(size >= 1000 ? 4 : 3)).toLocaleString('en-US', { maximumFractionDigits: 6 });
  return text.replaceAll('-', '−');
}

/** 4.49×10⁻⁴ */
function scientific(value: number): string {
  const [digits, power] = value.toExponential(2).split('e');
  return `${digits}×10${superscript(Number(power))}`;
}

/** A number with its sign. */
export function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return value < 0 ? `−${text}` : `+${text}`;
}

/** A share as percent. */
export function percent(share: number | undefined): string {
  return share === undefined ? '–' : `${(share * 100).toFixed(1)} %`;
}

/** A token so that its white space can be seen. */
export function visibleToken(text: string): string {
  return text.replaceAll('\n', '↵').replaceAll('\t', '⇥').replaceAll(' ', '␣') || '∅';
}

/** A time as people read it. */
export function formatSeconds(seconds: number): string {
  return seconds < 0.1
    ? `${Number((seconds * 1000).toPrecision(2))} ms`
    : `${Number(seconds.toPrecision(3))} s`;
}

/** A moment as people write it, the same wherever a page is read. */
export function formatMoment(iso: string): string {
  const at = new Date(iso);
  const date = at.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
  return `${date}, ${at.toISOString().slice(11, 16)} UTC`;
}

/** A number with three decimals, for columns. */
export function fixed(value: number): string {
  return value.toFixed(3).replace('-0.000', '0.000').replace('-', '−');
}
