import type { ResolvedDetectionOptions } from './detection-options.js';
import { randomPositions } from './random-positions.js';

const EPSILON = 1e-6;

/** What is known of the tokens of one completion. */
export interface SelectedTokens {
  /** [T] 1 on perception tokens. */
  readonly mask: Uint8Array;
  /** [T] ΔH = H⁻ − H, nats; 0 on padding. */
  readonly shift: Float64Array;
  /** [T] s; 0 on padding. */
  readonly score: Float64Array;
  /** Completion tokens. */
  readonly completion: number;
  /** Completion tokens with ΔH > 0. */
  readonly positive: number;
  /** Tokens in the mask. */
  readonly selected: number;
}

/**
 * Perception tokens of one completion. Padding is never read: whatever the entropies hold there,
 * the result is that of the completion alone.
 */
export function selectTokens(
  entropy: ArrayLike<number>,
  removedEntropy: ArrayLike<number>,
  completionMask: ArrayLike<number> | undefined,
  options: ResolvedDetectionOptions,
  row: number,
): SelectedTokens {
  const length = entropy.length;
  const mask = new Uint8Array(length);
  const shift = new Float64Array(length);
  const score = new Float64Array(length);
  const completion: number[] = [];
  const positive: number[] = [];

  for (let t = 0; t < length; t++) {
    if (completionMask !== undefined && completionMask[t]! <= 0) continue;
    const removed = removedEntropy[t]!;
    const difference = removed - entropy[t]!;
    shift[t] = difference;
    score[t] = options.score === 'absolute' ? difference : Math.max(difference, 0) / (removed + EPSILON);
    completion.push(t);
    if (difference > 0 && Number.isFinite(difference)) positive.push(t);
  }

  let chosen = topScores(
    positive,
    score,
    countToSelect(options, positive.length, completion.length),
    options.ties,
  );
  if (options.random) chosen = randomPositions(completion, chosen.length, options.random.seed, row);
  for (const t of chosen) mask[t] = 1;
  return {
    mask,
    shift,
    score,
    completion: completion.length,
    positive: positive.length,
    selected: chosen.length,
  };
}

function countToSelect(options: ResolvedDetectionOptions, positive: number, completion: number): number {
  const share = options.ratio * (options.base === 'positive' ? positive : completion);
  return Math.max(1, options.rounding === 'floor' ? Math.floor(share) : Math.ceil(share));
}

function topScores(
  candidates: readonly number[],
  score: Float64Array,
  count: number,
  ties: 'keep' | 'exact',
): readonly number[] {
  if (count >= candidates.length) return candidates;
  // Sorting is stable, so of tokens that tie the earliest come first.
  const ranked = [...candidates].sort((a, b) => score[b]! - score[a]!);
  if (ties === 'exact') return ranked.slice(0, count);
  const threshold = score[ranked[count - 1]!]!;
  return candidates.filter((t) => score[t]! >= threshold);
}
