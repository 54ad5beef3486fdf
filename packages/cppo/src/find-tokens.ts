import { detectPerceptionTokensInArrays } from '@cppo/entropy-detect';
import type { ResolvedCppoOptions } from './cppo-options.js';
import type { DetectionInput, PerceivedTokens } from './detector.js';

/** What is known of a completion before the loss. */
export type FoundTokens = Omit<PerceivedTokens, 'loss'>;

/**
 * Finds the perception tokens of the gated completions of one group.
 *
 * @returns ΔH and M of each completion.
 * @throws RangeError when a custom detector does not give a mask for each completion.
 */
export function findTokens(
  { tokens, seed, ...entropies }: DetectionInput,
  { detection, detector, choice }: Pick<ResolvedCppoOptions, 'detection' | 'detector' | 'choice'>,
): FoundTokens[] {
  const drawn = choice === 'random' ? { random: { seed } } : {};
  const { mask, shift } = detectPerceptionTokensInArrays(entropies, { ...detection, ...drawn });
  const masks = detector ? checkedMasks(detector({ ...entropies, tokens, seed }), tokens) : mask;
  return masks.map((found, i) => ({ shift: shift[i]!, mask: choice === 'all' ? found.fill(1) : found }));
}

/** Masks of a custom detector as 0 and 1. */
function checkedMasks(
  masks: readonly ArrayLike<number>[],
  tokens: readonly ArrayLike<number>[],
): Uint8Array[] {
  const lengths = (rows: readonly ArrayLike<number>[]) => `[${rows.map((row) => row?.length).join(', ')}]`;
  if (!Array.isArray(masks) || lengths(masks) !== lengths(tokens)) {
    const found = Array.isArray(masks) ? `masks of lengths ${lengths(masks)}` : `a ${typeof masks}`;
    throw new RangeError(
      `cppoTerm: the detector gave ${found}; expected a mask for each completion, here ${lengths(tokens)}.`,
    );
  }
  return masks.map((mask) => Uint8Array.from(mask, (value) => (value ? 1 : 0)));
}
