import type { SchemaTree } from 'hyparquet';

/**
 * How parquet's values are to be handed over unconverted, so that `exactValue` sees what is stored. The library gives decimals
 * as floats and times as dates of milliseconds.
 */
export const rawParsers = {
  dateFromDays: (days: number) => days,
  timestampFromMilliseconds: (count: bigint) => count,
  timestampFromMicroseconds: (count: bigint) => count,
  timestampFromNanoseconds: (count: bigint) => count,
};

/** Takes from a column's schema that it holds decimals, and remembers it: the library then leaves them as they are stored. */
export function keepDecimals(schema: readonly SchemaTree['element'][]): Map<SchemaTree['element'], number> {
  const scales = new Map<SchemaTree['element'], number>();
  for (const element of schema) {
    if (element.converted_type !== 'DECIMAL' && element.logical_type?.type !== 'DECIMAL') continue;
    scales.set(element, element.scale ?? 0);
    delete element.converted_type;
    delete element.logical_type;
  }
  return scales;
}

/**
 * A value in the precision in which it is stored, as JSON can hold it: whole numbers beyond 2⁵³ and decimals that a double
 * cannot hold as text, floats of 16 and 32 bits as the shortest number that is stored so, dates and times as ISO text.
 *
 * @param node   schema of the value.
 * @param scales of the decimal columns, from `keepDecimals`.
 */
export function exactValue(
  value: unknown,
  node: SchemaTree | undefined,
  scales: ReadonlyMap<SchemaTree['element'], number>,
): unknown {
  if (value === null || value === undefined) return value;
  const scale = node && scales.get(node.element);
  if (scale !== undefined) return decimal(value, scale);
  const element = node?.element;
  const logical = element?.logical_type;
  if (typeof value === 'bigint' || typeof value === 'number') {
    const time = element && timeText(value, element);
    if (time !== undefined) return time;
  }
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  }
  if (typeof value === 'number') {
    if (logical?.type === 'FLOAT16') return shortest(value, 5, toHalf);
    return element?.type === 'FLOAT' ? shortest(value, 9, Math.fround) : value;
  }
  if (value instanceof Uint8Array || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map((each) => exactValue(each, itemOf(node), scales));
  if (ArrayBuffer.isView(value)) {
    return Array.from(value as unknown as ArrayLike<unknown>, (each) =>
      exactValue(each, itemOf(node), scales),
    );
  }
  if (typeof value === 'object') {
    const fields = new Map(node?.children.map((child) => [child.element.name, child]));
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, exactValue(each, fields.get(key), scales)]),
    );
  }
  return value;
}

/** The schema of a list's items: behind the group that repeats, or the repeated column itself. */
function itemOf(node: SchemaTree | undefined): SchemaTree | undefined {
  const repeated = node?.children[0];
  if (repeated === undefined) return node;
  return repeated.children.length === 1 ? repeated.children[0] : repeated;
}

/** A decimal as a number where that says the same, as text where not. */
function decimal(value: unknown, scale: number): number | string {
  const unscaled = value instanceof Uint8Array ? signed(value) : BigInt(value as bigint | number);
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  const fraction = scale === 0 ? '' : digits.slice(digits.length - scale).replace(/0+$/, '');
  const text = `${sign}${digits.slice(0, digits.length - scale)}${fraction === '' ? '' : `.${fraction}`}`;
  return String(Number(text)) === text ? Number(text) : text;
}

/** A number in two's complement, its highest byte first. */
function signed(bytes: Uint8Array): bigint {
  const value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return BigInt.asIntN(8 * bytes.length, value);
}

/** The number of fewest digits that is stored as the same. */
function shortest(value: number, digits: number, stored: (value: number) => number): number {
  // Whole numbers are exact up to 2²⁴ in floats, and in halves altogether.
  if (!Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) <= 2 ** 24)) return value;
  for (let count = 1; count < digits; count++) {
    const short = Number(value.toPrecision(count));
    if (stored(short) === value) return short;
  }
  return Number(value.toPrecision(digits));
}

/** The nearest number with the 11 significant bits of a half. */
function toHalf(value: number): number {
  if (value === 0) return value;
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(value))));
  const unit = 2 ** (exponent - 10);
  return Math.round(value / unit) * unit;
}

const perSecond = { MILLIS: 1_000n, MICROS: 1_000_000n, NANOS: 1_000_000_000n } as const;

/** `2024-01-02`, `2024-01-02T03:04:05.000001`, `03:04:05`; with Z where the file says that it is universal time. */
function timeText(value: bigint | number, element: SchemaTree['element']): string | undefined {
  const { converted_type: converted, logical_type: logical, type } = element;
  if (converted === 'DATE' || logical?.type === 'DATE') {
    return new Date(Number(value) * 86_400_000).toISOString().slice(0, 10);
  }
  const unit =
    logical?.type === 'TIMESTAMP' || logical?.type === 'TIME'
      ? logical.unit
      : converted?.endsWith('_MILLIS')
        ? 'MILLIS'
        : converted?.endsWith('_MICROS')
          ? 'MICROS'
          : type === 'INT96'
            ? 'NANOS'
            : undefined;
  if (unit === undefined) return undefined;
  const count = BigInt(value);
  const rate = perSecond[unit];
  const rest = ((count % rate) + rate) % rate;
  const seconds = Number((count - rest) / rate);
  const fraction = rest
    .toString()
    .padStart(String(rate).length - 1, '0')
    .replace(/0+$/, '');
  const text = `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}`;
  if (logical?.type === 'TIME' || converted?.startsWith('TIME_')) return text.slice(11);
  return logical?.type === 'TIMESTAMP' && logical.isAdjustedToUTC ? `${text}Z` : text;
}
