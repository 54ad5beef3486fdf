import { parse } from 'lossless-json';

/** A number of so many characters, or with such an exponent, may not be what it is as a double. */
const perhapsTooPrecise = /(?:^|[[:,\s])-?(?:[\d.]{16,}|[\d.]+[eE][+-]?\d{2,})/;

/**
 * Parses JSON whose numbers keep what is written: one that a double cannot hold becomes its own text, `9007199254740993` is
 * "9007199254740993".
 *
 * @throws SyntaxError when it is no JSON.
 */
export function parseJson(text: string): unknown {
  const bare = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const value: unknown = JSON.parse(bare);
  if (!perhapsTooPrecise.test(bare)) return value;
  return parse(bare, undefined, {
    parseNumber: (number) => (isExact(number) ? Number(number) : number),
    // As JSON.parse: the last one counts.
    onDuplicateKey: ({ newValue }) => newValue,
  });
}

/** Whether a double, as it is written, has the value of the text. */
function isExact(text: string): boolean {
  const value = Number(text);
  return Number.isFinite(value) && canonical(text) === canonical(String(value));
}

/** Sign, digits without zeros around them, and the power of ten behind. */
function canonical(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
