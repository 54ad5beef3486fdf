import type { DetectionInput, Detector } from '@cppo/cppo';
import type { Blame } from './blame.js';
import { aKind } from './kinds.js';

/**
 * Wraps a custom detector so that malformed masks are reported as its error.
 *
 * @param detector a detector of perception tokens.
 * @param blame names its module in messages.
 * @returns the same detector; it throws a ModuleError where a mask does not fit its completion.
 */
export function checkedDetector(detector: Detector, blame: Blame): Detector {
  return (input) => checkedMasks(detector, input, blame);
}

function checkedMasks(detector: Detector, input: DetectionInput, blame: Blame): readonly ArrayLike<number>[] {
  const expected = 'a mask for each completion, 0 or 1 for each of its tokens';
  const masks: unknown = blame.now('it', expected, () => detector(input));
  if (!isList(masks)) throw blame.wrong('it', aKind(masks), expected);
  const lengths = (rows: readonly ArrayLike<unknown>[]) => `[${rows.map((row) => row?.length).join(', ')}]`;
  if (lengths(masks as ArrayLike<number>[]) !== lengths(input.tokens)) {
    const found = `masks of lengths ${lengths(masks as ArrayLike<number>[])}`;
    throw blame.wrong('it', found, `${expected}, here ${lengths(input.tokens)}`);
  }
  const bits = masks as ArrayLike<unknown>[];
  for (const mask of bits) {
    const odd = Array.from(mask).find((bit) => Number(bit) !== 0 && Number(bit) !== 1);
    if (odd !== undefined) throw blame.wrong('it', `a mask that holds ${String(odd)}`, expected);
  }
  return bits.map((mask) => Uint8Array.from(mask, Number));
}

const isList: (value: unknown) => value is readonly unknown[] = Array.isArray;
