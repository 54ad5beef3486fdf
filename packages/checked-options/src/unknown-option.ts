import { nearestName } from './nearest-name.js';

/** The sentence for an option that a function does not have. */
export function unknownOption(caller: string, option: string, known: readonly string[]): string {
  const nearest = nearestName(option, known);
  const expected =
    nearest !== undefined
      ? `did you mean "${nearest}"?`
      : known.length === 0
        ? 'expected none.'
        : `expected ${known.length === 1 ? '' : 'one of '}${known.map((name) => `"${name}"`).join(', ')}.`;
  return `${caller}: unknown option "${option}", ${expected}`;
}
