import { type Branch, contrastivePerceptionLoss, type Distance } from '@cppo/contrastive-loss';
import { type DetectionOptions, detectPerceptionTokensInArrays } from '@cppo/entropy-detect';
import {
  asHead,
  type HeadWeight,
  type LossTerm,
  type Policy,
  type RewardedGroup,
  type TokenScores,
} from '@cppo/grpo';
import { UserError } from '@cppo/run';
import * as tf from '@tensorflow/tfjs-core';
import type { Detector, TokenDistance } from '../components/perception.js';
import { type Gate, type GatedGroup, gated, gatedRows, scoreViews } from './gated.js';
import { scorerWithoutGradient, withoutGradient } from './without-gradient.js';

export interface CppoOptions {
  /** λ, weight of the term. */
  readonly coefficient: number;
  /** τ of the InfoNCE. */
  readonly tau: number;
  readonly distance: Distance | TokenDistance;
  readonly detection: DetectionOptions;
  /** Finds the perception tokens in place of `detectPerceptionTokensInArrays`; `detection` has no say then. */
  readonly detector?: Detector;
  /** The detected perception tokens, or an ablation's arm: all tokens, or as many random ones. */
  readonly choice: 'detected' | 'all' | 'random';
  /** Seed of the random tokens of a group. */
  readonly seed: (group: string) => number;
  readonly gate: Gate;
  /** Which passes carry the gradient; those that do not run without a tape. Default all, as in the authors' code. */
  readonly gradients?: { readonly anchor: boolean; readonly positive: boolean; readonly negative: boolean };
  /** Names of the information-removing views; each is a negative. */
  readonly removing: readonly string[];
  /** Sees what was found in each gated completion, for the rollout log. */
  readonly onTokens?: (group: string, completion: number, tokens: PerceivedTokens) => void;
}

/** Figures per token of one gated completion. */
export interface PerceivedTokens {
  /** ΔH = H⁻ − H, nats. */
  readonly shift: Float64Array;
  /** 1 on perception tokens. */
  readonly mask: Uint8Array;
  /** CPL, nats; 0 where the mask is 0. */
  readonly loss: Float32Array;
}

/** What a micro-batch leaves on the device, to be read when the step is over. */
interface KeptLosses<P> {
  readonly chosen: readonly GatedGroup<P>[];
  readonly loss: tf.Tensor;
  /** Only where someone wants to see it. */
  readonly perToken: tf.Tensor2D | undefined;
}

/** What is known before the loss, for the gated completions of one group, in the order of its `chosen`. */
type GroupTokens = readonly Omit<PerceivedTokens, 'loss'>[];

/**
 * Contrastive Perception Policy Optimization (arXiv:2601.00501) as a summand of the objective.
 *
 *   for completions with A > 0:
 *     H, H⁻          entropies under the original and the information-removing view
 *     M              perception tokens: where H⁻ − H is large
 *     CPL_t          −log( e^{−D⁺/τ} / (e^{−D⁺/τ} + Σ e^{−D⁻/τ}) )
 *   term = λ · Σ M·CPL / Σ M          both sums over the whole optimiser batch
 *
 * All views are scored together. With one micro-batch the pass that carries the gradient also gives the entropies. With
 * several, ΣM must be known before the first gradient, so the tokens are found by a pass without gradient beforehand; the
 * result is the same. So they are on WebGPU, where numbers cannot be read inside the pass.
 */
export function cppoTerm<P>(options: CppoOptions): LossTerm<P> {
  const hidden = isExact(options);
  return {
    name: 'cppo',
    hidden,
    async prepare(batch, policy, { temperature, microBatch } = { temperature: 1, microBatch: batch.length }) {
      const found = new Map<RewardedGroup<P>, GroupTokens>();
      const beforehand = batch.length > microBatch || !readsSynchronously();
      if (beforehand) await findTokens(batch, policy, microBatch, options, found);
      const normalizer = beforehand ? countMasked(found) : undefined;
      const kept: KeptLosses<P>[] = [];
      return {
        needs: (group) => gated([group], options.gate).length > 0,
        loss(groups, original) {
          const chosen = gated(groups, options.gate);
          if (chosen.length === 0) return tf.scalar(0);
          const anchor = gatedRows(original, groups, chosen);
          const [positive, ...removing] = scoresOfViews(policy, chosen, options, hidden);
          if (!beforehand) {
            const [entropy, removed] = [anchor.entropies, removing[0]!.entropies];
            recordTokens(chosen, entropy.shape[1], entropy.dataSync(), removed.dataSync(), options, found);
          }
          const mask = maskTensor(chosen, found, anchor.mask.shape);
          const { loss, perToken } = contrastivePerceptionLoss(
            {
              ...branches(
                { anchor, positive: positive!, negatives: removing },
                policy.headWeight,
                temperature,
                options,
              ),
              mask,
            },
            {
              distance: typeof options.distance === 'string' ? options.distance : 'k1',
              tau: options.tau,
              temperature,
              // What a distance of the user's own lets through is decided by its inputs.
              ...(typeof options.distance === 'string' && { gradients: options.gradients ?? {} }),
              ...(normalizer === undefined ? {} : { normalizer }),
            },
          );
          kept.push({
            chosen,
            loss: tf.keep(loss),
            perToken: options.onTokens && tf.keep(perToken),
          });
          return tf.mul(loss, options.coefficient);
        },
        async metrics() {
          let sum = 0;
          for (const { chosen, loss, perToken } of kept) {
            sum += (await loss.data())[0]!;
            if (perToken)
              reportTokens(chosen, found, await perToken.data<'float32'>(), perToken.shape[1], options);
          }
          return {
            'cppo/loss': sum,
            'cppo/gated': countCompletions(kept),
            'cppo/tokens': countMasked(found),
            'cppo/shift': meanShift(found),
          };
        },
        dispose() {
          for (const { loss, perToken } of kept.splice(0))
            tf.dispose([loss, ...(perToken ? [perToken] : [])]);
        },
      };
    },
  };
}

/**
 * Asked by name, since a trial would mislead: WebGPU computes small tensors on the processor, where they can be read,
 * and others not. In a browser it can read all, but the card stands still meanwhile.
 */
function readsSynchronously(): boolean {
  return tf.getBackend() !== 'webgpu';
}

/** k1 and k3 look at the sampled token only; the exact distances need the whole distribution. */
function isExact({ distance }: CppoOptions): boolean {
  return typeof distance === 'string' ? distance === 'kl' || distance === 'js' : distance.hidden === true;
}

interface Branches {
  readonly anchor: TokenScores;
  readonly positive: TokenScores;
  readonly negatives: readonly TokenScores[];
}

/** What the loss compares. The k1 of log-probabilities 0 and −D is D: so a distance of the user's own enters it. */
function branches(
  { anchor, positive, negatives }: Branches,
  headWeight: HeadWeight,
  temperature: number,
  { distance, gradients }: CppoOptions,
): { anchor: Branch; positive: Branch; negatives: readonly Branch[]; headWeight: HeadWeight } {
  if (typeof distance === 'string') return { anchor, positive, negatives, headWeight };
  const from = (gradients?.anchor ?? true) ? anchor : withoutGradient(() => anchor);
  const at = (view: TokenScores): Branch => {
    const found = distance(from, view, { temperature, headWeight: asHead(headWeight) });
    if (`${found?.shape}` !== `${anchor.mask.shape}`) {
      throw new UserError(
        `objective.cppo.distance: the distance gave [${found?.shape}], expected [B, T], here [${anchor.mask.shape}].`,
      );
    }
    return { logProbs: tf.neg(found) as tf.Tensor2D };
  };
  return {
    anchor: { logProbs: tf.zerosLike(anchor.logProbs) },
    positive: at(positive),
    negatives: negatives.map(at),
    headWeight,
  };
}

/** The preserving view's scores, then those of the removing ones: in one pass where all of them, or none, carry gradient. */
function scoresOfViews<P>(
  policy: Policy<P>,
  chosen: readonly GatedGroup<P>[],
  { removing, gradients }: CppoOptions,
  hidden: boolean,
): TokenScores[] {
  const { positive = true, negative = true } = gradients ?? {};
  const under = (views: readonly string[], carries: boolean) =>
    scoreViews(carries ? policy : scorerWithoutGradient(policy), chosen, views, { hidden });
  if (positive === negative) return under(['preserving', ...removing], positive);
  return [...under(['preserving'], positive), ...under(removing, negative)];
}

/** Two passes without gradient over the gated completions, a micro-batch at a time. */
async function findTokens<P>(
  batch: readonly RewardedGroup<P>[],
  policy: Policy<P>,
  microBatch: number,
  options: CppoOptions,
  found: Map<RewardedGroup<P>, GroupTokens>,
): Promise<void> {
  const chosen = gated(batch, options.gate);
  for (let start = 0; start < chosen.length; start += microBatch) {
    const part = chosen.slice(start, start + microBatch);
    const [entropy, removed] = tf.tidy(() =>
      scoreViews(policy, part, ['original', options.removing[0]!], {}).map(({ entropies }) => entropies),
    ) as [tf.Tensor2D, tf.Tensor2D];
    recordTokens(part, entropy.shape[1], await entropy.data(), await removed.data(), options, found);
    tf.dispose([entropy, removed]);
  }
}

/** Detects the perception tokens of some completions whose entropies are [B, T] arrays, and files them by group. */
function recordTokens<P>(
  chosen: readonly GatedGroup<P>[],
  width: number,
  entropy: ArrayLike<number> & { subarray(start: number, end: number): ArrayLike<number> },
  removed: ArrayLike<number> & { subarray(start: number, end: number): ArrayLike<number> },
  { detection, detector, choice, seed }: CppoOptions,
  found: Map<RewardedGroup<P>, GroupTokens>,
): void {
  let row = 0;
  for (const { group, chosen: indices } of chosen) {
    const ranges = indices.map((i) => {
      const start = row++ * width;
      return [start, start + group.completions[i]!.tokens.length] as const;
    });
    const input = {
      entropy: ranges.map(([start, end]) => entropy.subarray(start, end)),
      removedEntropy: ranges.map(([start, end]) => removed.subarray(start, end)),
    };
    const { mask, shift } = detectPerceptionTokensInArrays(
      input,
      choice === 'random' ? { ...detection, random: { seed: seed(group.id) } } : detection,
    );
    const tokens = indices.map((i) => group.completions[i]!.tokens);
    const masks = detector ? ownMasks(detector({ ...input, tokens, seed: seed(group.id) }), tokens) : mask;
    found.set(
      group,
      masks.map((detected, i) => ({
        shift: shift[i]!,
        mask: choice === 'all' ? detected.fill(1) : detected,
      })),
    );
  }
}

/** Masks of a detector of the user's own, 0 and 1. */
function ownMasks(masks: readonly ArrayLike<number>[], tokens: readonly Int32Array[]): Uint8Array[] {
  const lengths = (rows: readonly ArrayLike<number>[]) => `[${rows.map((row) => row.length).join(', ')}]`;
  if (!Array.isArray(masks) || lengths(masks) !== lengths(tokens)) {
    throw new UserError(
      `objective.cppo.detector: found ${Array.isArray(masks) ? `masks of lengths ${lengths(masks)}` : typeof masks}, expected a mask for each completion, here ${lengths(tokens)}.`,
    );
  }
  return masks.map((mask) => Uint8Array.from(mask, (value) => (value ? 1 : 0)));
}

function maskTensor<P>(
  chosen: readonly GatedGroup<P>[],
  found: ReadonlyMap<RewardedGroup<P>, GroupTokens>,
  [rows, width]: readonly [number, number],
): tf.Tensor2D {
  const flat = new Float32Array(rows * width);
  for (const [row, { mask }] of tokensOf(chosen, found).entries()) flat.set(mask, row * width);
  return tf.tensor2d(flat, [rows, width]);
}

function reportTokens<P>(
  chosen: readonly GatedGroup<P>[],
  found: ReadonlyMap<RewardedGroup<P>, GroupTokens>,
  values: Float32Array,
  width: number,
  { onTokens }: CppoOptions,
): void {
  let row = 0;
  for (const { group, chosen: indices } of chosen) {
    for (const [position, i] of indices.entries()) {
      const tokens = found.get(group)![position]!;
      const start = row++ * width;
      onTokens?.(group.id, i, { ...tokens, loss: values.slice(start, start + tokens.mask.length) });
    }
  }
}

function tokensOf<P>(
  chosen: readonly GatedGroup<P>[],
  found: ReadonlyMap<RewardedGroup<P>, GroupTokens>,
): Omit<PerceivedTokens, 'loss'>[] {
  return chosen.flatMap(({ group }) => found.get(group) ?? []);
}

function countCompletions<P>(kept: readonly KeptLosses<P>[]): number {
  return kept.reduce((sum, { chosen }) => chosen.reduce((sum, group) => sum + group.chosen.length, sum), 0);
}

function countMasked<P>(found: ReadonlyMap<RewardedGroup<P>, GroupTokens>): number {
  let count = 0;
  for (const tokens of found.values()) for (const { mask } of tokens) for (const bit of mask) count += bit;
  return count;
}

/** Mean entropy rise of the perception tokens, nats. */
function meanShift<P>(found: ReadonlyMap<RewardedGroup<P>, GroupTokens>): number {
  let sum = 0;
  for (const tokens of found.values()) {
    for (const { mask, shift } of tokens) for (const [i, bit] of mask.entries()) sum += bit * shift[i]!;
  }
  return sum / Math.max(1, countMasked(found));
}
