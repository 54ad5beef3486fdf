import { detectPerceptionTokensInArrays } from '@cppo/entropy-detect';
import type { RewardedGroup, Scorer, TokenScores } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';
import type { ResolvedCppoOptions } from './cppo-options.js';
import type { GatedGroup } from './gate-groups.js';
import { scoreTogether, type ViewScores } from './score-views.js';

/** What a detector is given: the gated completions of one group. */
export interface DetectionInput {
  /** Entropy of each token of each completion under the original image, nats. */
  readonly entropy: readonly ArrayLike<number>[];
  /** The same under the first information-removing view. */
  readonly removedEntropy: readonly ArrayLike<number>[];
  /** Token ids of each completion. */
  readonly tokens: readonly ArrayLike<number>[];
  /** For whatever is drawn: the `seed` of the group. */
  readonly seed: number;
}

/** Finds perception tokens: for each completion a mask, 1 on the tokens taken. */
export type Detector = (input: DetectionInput) => readonly ArrayLike<number>[];

/** Figures per token of one gated completion. */
export interface PerceivedTokens {
  /** ΔH = H⁻ − H, nats. */
  readonly shift: Float64Array;
  /** 1 on perception tokens. */
  readonly mask: Uint8Array;
  /** CPL, nats; 0 where the mask is 0. */
  readonly loss: Float32Array;
}

/** What is known before the loss, for the gated completions of each group, in the order of its `indices`. */
export type TokensByGroup<P> = Map<RewardedGroup<P>, readonly Omit<PerceivedTokens, 'loss'>[]>;

type Detection = Pick<ResolvedCppoOptions, 'detection' | 'detector' | 'choice' | 'seed'>;

/** Entropies of some rows of tokens, read from the device: [B, T] one row after another. */
export interface EntropyRows {
  readonly entropy: Float32Array;
  readonly removedEntropy: Float32Array;
  /** T. */
  readonly width: number;
}

/** The entropies under the original picture and the first information-removing view, read at once. */
export function readEntropies(anchor: TokenScores, { negatives: [removed] }: ViewScores): EntropyRows {
  return {
    entropy: anchor.entropies.dataSync<'float32'>(),
    removedEntropy: removed!.entropies.dataSync<'float32'>(),
    width: anchor.entropies.shape[1],
  };
}

/**
 * Scores the gated completions of a batch without gradient, a micro-batch at a time, and finds their tokens. Needed where
 * ΣM must be known before the first gradient, or numbers cannot be read inside the pass that carries it.
 */
export async function findTokensFirst<P>(
  scorer: Scorer<P>,
  gatedGroups: readonly GatedGroup<P>[],
  microBatch: number,
  options: Detection & Pick<ResolvedCppoOptions, 'removing'>,
  tokensByGroup: TokensByGroup<P>,
): Promise<void> {
  for (let start = 0; start < gatedGroups.length; start += microBatch) {
    const part = gatedGroups.slice(start, start + microBatch);
    const [original, removed] = tf.tidy(() =>
      scoreTogether(scorer, part, [undefined, options.removing[0]], {}).map(({ entropies }) => entropies),
    );
    const rows = {
      entropy: await original!.data<'float32'>(),
      removedEntropy: await removed!.data<'float32'>(),
      width: original!.shape[1],
    };
    tf.dispose([original!, removed!]);
    findTokens(part, rows, options, tokensByGroup);
  }
}

/** Finds the perception tokens of the gated completions, whose entropies are in the same order, group by group. */
export function findTokens<P>(
  gatedGroups: readonly GatedGroup<P>[],
  { entropy, removedEntropy, width }: EntropyRows,
  options: Detection,
  tokensByGroup: TokensByGroup<P>,
): void {
  let row = 0;
  for (const { group, indices } of gatedGroups) {
    const tokens = indices.map((index) => group.completions[index]!.tokens);
    const first = row;
    const rowsOf = (values: Float32Array) =>
      tokens.map(({ length }, i) => values.subarray((first + i) * width, (first + i) * width + length));
    row += tokens.length;
    tokensByGroup.set(
      group,
      detect(
        {
          entropy: rowsOf(entropy),
          removedEntropy: rowsOf(removedEntropy),
          tokens,
          seed: options.seed(group.id),
        },
        options,
      ),
    );
  }
}

function detect(
  { tokens, seed, ...entropies }: DetectionInput,
  { detection, detector, choice }: Detection,
): Omit<PerceivedTokens, 'loss'>[] {
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

/** M of the gated completions as a tensor of a shape [B, T]. */
export function maskTensor<P>(
  gatedGroups: readonly GatedGroup<P>[],
  tokensByGroup: TokensByGroup<P>,
  [rows, width]: readonly [number, number],
): tf.Tensor2D {
  const flat = new Float32Array(rows * width);
  const tokens = gatedGroups.flatMap(({ group }) => tokensByGroup.get(group) ?? []);
  for (const [row, { mask }] of tokens.entries()) flat.set(mask, row * width);
  return tf.tensor2d(flat, [rows, width]);
}

/** ΣM. */
export function countTokens<P>(tokensByGroup: TokensByGroup<P>): number {
  let count = 0;
  for (const tokens of tokensByGroup.values()) {
    for (const { mask } of tokens) for (const bit of mask) count += bit;
  }
  return count;
}

/** Mean entropy rise of the perception tokens, nats; 0 where there are none. */
export function meanShift<P>(tokensByGroup: TokensByGroup<P>): number {
  let sum = 0;
  for (const tokens of tokensByGroup.values()) {
    for (const { mask, shift } of tokens) for (const [i, bit] of mask.entries()) sum += bit * shift[i]!;
  }
  return sum / Math.max(1, countTokens(tokensByGroup));
}
