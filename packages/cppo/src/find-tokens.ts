import { detectPerceptionTokensInArrays } from '@cppo/entropy-detect';
import type { ResolvedCppoOptions } from './cppo-options.js';
import type { DetectionInput, PerceivedTokens } from './detector.js';

/** What is known of a completion before the loss. */
export type FoundTokens = Omit<PerceivedTokens, 'loss'>;

/**
 * Finds the perception tokens of the gated completions of one group.
 *
 * @param group its id, for messages.
 * @returns what was ranked by and M of each completion.
 * @throws RangeError when a custom detector does not give a mask for each completion, or known tokens are not there.
 */
export function findTokens(
  group: string,
  input: DetectionInput,
  { detection, detector, choice }: Pick<ResolvedCppoOptions, 'detection' | 'detector' | 'choice'>,
): FoundTokens[] {
  const drawn = choice === 'random' ? { random: { seed: input.seed } } : {};
  const { mask, shift } =
    detector === 'shift'
      ? detectPerceptionTokensInArrays(shifts(input), { ...detection, ...drawn, score: 'absolute' })
      : detectPerceptionTokensInArrays(entropies(input), { ...detection, ...drawn });
  const masks = typeof detector === 'function' ? checkedMasks(detector(input), input.tokens) : mask;
  if (choice === 'known') return knownMasks(group, input).map((mask, i) => ({ shift: shift[i]!, mask }));
  return masks.map((found, i) => ({ shift: shift[i]!, mask: choice === 'all' ? found.fill(1) : found }));
}

const entropies = ({ entropy, removedEntropy }: DetectionInput) => ({ entropy, removedEntropy });

/** k3 between the two passes in the place of a rise from 0. Bounds are those of the distance k3. */
function shifts({ logProbs, removedLogProbs }: DetectionInput) {
  const k3 = (delta: number) => Math.min(10, Math.exp(delta) - delta - 1);
  return {
    entropy: logProbs.map((row) => new Float64Array(row.length)),
    removedEntropy: logProbs.map((row, i) =>
      Float64Array.from(row, (l, t) => k3(Math.max(-20, Math.min(20, removedLogProbs[i]![t]! - l)))),
    ),
  };
}

function knownMasks(group: string, { known, tokens }: DetectionInput): Uint8Array[] {
  if (known === undefined || lengthsOf(known) !== lengthsOf(tokens)) {
    const found = known === undefined ? 'no knownTokens' : `knownTokens of lengths ${lengthsOf(known)}`;
    throw new RangeError(
      `cppoTerm: group "${group}" has ${found}; expected a mask for each completion, here ${lengthsOf(tokens)}, or another choice than known.`,
    );
  }
  return known.map(asBits);
}

/** Masks of a custom detector as 0 and 1. */
function checkedMasks(
  masks: readonly ArrayLike<number>[],
  tokens: readonly ArrayLike<number>[],
): Uint8Array[] {
  if (!Array.isArray(masks) || lengthsOf(masks) !== lengthsOf(tokens)) {
    const found = Array.isArray(masks) ? `masks of lengths ${lengthsOf(masks)}` : `a ${typeof masks}`;
    throw new RangeError(
      `cppoTerm: the detector gave ${found}; expected a mask for each completion, here ${lengthsOf(tokens)}.`,
    );
  }
  return masks.map(asBits);
}

const lengthsOf = (rows: readonly ArrayLike<number>[]) => `[${rows.map((row) => row?.length).join(', ')}]`;

const asBits = (mask: ArrayLike<number>) => Uint8Array.from(mask, (value) => (value ? 1 : 0));
