import { describeValue } from './describe-value.js';
import { nearestName } from './nearest-name.js';
import { unknownOption } from './unknown-option.js';

/** Every option of a type, so that none can be forgotten. */
export type Names<Options> = Readonly<Record<keyof Options, true>>;

/**
 * Checks that options are an object with no other names than these. Options that are undefined count as left out.
 *
 * @throws RangeError naming the caller, the unknown option and the one that was likely meant.
 */
export function requireNames<Options extends object>(
  caller: string,
  options: Options,
  names: Names<Options>,
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new RangeError(`${caller}: the options are ${describeValue(options)}, expected an object.`);
  }
  const known = Object.keys(names);
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown !== undefined) throw new RangeError(unknownOption(caller, unknown, known));
}

/**
 * Checks a choice among names.
 *
 * @param what the option or parameter that it is.
 * @throws RangeError naming what was found and the name that was likely meant.
 */
export function requireOneOf<Name extends string>(
  caller: string,
  what: string,
  value: Name,
  names: readonly Name[],
): void {
  if (names.includes(value)) return;
  const nearest = typeof value === 'string' ? nearestName(value, names) : undefined;
  const expected =
    nearest === undefined
      ? `expected one of ${names.map((name) => `"${name}"`).join(', ')}.`
      : `did you mean "${nearest}"? There are ${names.map((name) => `"${name}"`).join(', ')}.`;
  throw new RangeError(`${caller}: ${what} is ${describeValue(value)}, ${expected}`);
}
