import type { Distance } from '@cppo/contrastive-loss';
import type { DetectionInput, Detector, TokenDistance } from '@cppo/cppo';
import { asHead, type HeadWeight, type TokenScores } from '@cppo/grpo';
import { UserError } from '@cppo/run';
import { ones, type Rank, randomNormal, randomUniform, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import type { Config } from '../config/schema.js';
import type { Blame } from './blame.js';
import { aKind, type BuiltIn, type ComponentKind, component, without } from './component.js';
import { distanceCarriesGradient, isTensor } from './gradient-check.js';

const isFunction = (value: unknown) => typeof value === 'function';

/** Built-in detectors: the one of entropies has keys of its own, and nothing stands for it. */
export const detectors: BuiltIn<Detector | undefined> = { entropy: without(undefined) };

const detectorKind: ComponentKind<Detector | undefined> = {
  expected: 'a function ({entropy, removedEntropy, tokens, seed}) that gives a mask for each completion',
  accepts: isFunction,
  watch: (detector, blame) => detector && ((input) => checkedMasks(detector, input, blame)),
  trial: (detector) =>
    detector?.({
      entropy: [Float32Array.of(0.5, 1, 0.1), Float32Array.of(0.2, 0.7)],
      removedEntropy: [Float32Array.of(0.9, 0.8, 2), Float32Array.of(0.1, 1.5)],
      tokens: [Int32Array.of(1, 2, 3), Int32Array.of(2, 1)],
      seed: 1,
    }),
  builtIn: detectors,
};

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

/** The detector of a run's own; nothing for the built-in one. */
export async function detectorOf({ objective: { cppo } }: Config): Promise<Detector | undefined> {
  const detector = await component('objective.cppo.detector', cppo.detector, detectorKind);
  if (detector !== undefined && cppo.tokens === 'random') {
    throw new UserError(
      'objective.cppo.tokens: found random, expected detected or all with a detector of your own.',
    );
  }
  return detector;
}

export const distances: BuiltIn<Distance | TokenDistance> = {
  kl: without('kl'),
  k3: without('k3'),
  k1: without('k1'),
  js: without('js'),
};

const distanceKind: ComponentKind<Distance | TokenDistance> = {
  expected: 'a function (anchor, view, context) that gives a [B, T] tensor',
  accepts: isFunction,
  watch: (distance, blame) => (typeof distance === 'string' ? distance : checkedDistance(distance, blame)),
  builtIn: distances,
};

function checkedDistance(distance: TokenDistance, blame: Blame): TokenDistance {
  let learns = false;
  const checked: TokenDistance = (anchor, view, context) => {
    const expected = `a [B, T] tensor, here [${anchor.mask.shape}]`;
    const measure = (from: TokenScores, to: TokenScores): Tensor2D => {
      const found: unknown = blame.now('it', expected, () => distance(from, to, context));
      if (!isTensor(found)) throw blame.wrong('it', aKind(found), expected);
      if (`${found.shape}` !== `${anchor.mask.shape}`)
        throw blame.wrong('it', `a tensor of shape [${found.shape}]`, expected);
      return found as Tensor2D;
    };
    learns ||= distanceCarriesGradient(measure, anchor, view, blame);
    if (!learns) {
      throw blame.error(
        'what it gives has no gradient, so nothing could be learnt from it; expected operations of TensorFlow.js all the way from log-probabilities, entropies or hidden states (no dataSync, no rounding)',
      );
    }
    return measure(anchor, view);
  };
  return Object.assign(checked, { hidden: distance.hidden === true });
}

/**
 * Tries a distance of the user's own on scores made up, which needs an engine: whether it answers, and with a gradient.
 *
 * @param headWeight [V, D] of the policy.
 */
export function tryDistance(
  distance: Distance | TokenDistance,
  headWeight: HeadWeight,
  temperature: number,
): void {
  if (typeof distance === 'string') return;
  tidy(() => {
    const scores = (seed: number): TokenScores => ({
      logProbs: randomUniform<Rank.R2>([2, 3], -3, -0.1, 'float32', seed),
      entropies: randomUniform<Rank.R2>([2, 3], 0.1, 3, 'float32', seed),
      mask: ones([2, 3]),
      ...(distance.hidden && {
        hidden: randomNormal<Rank.R3>([2, 3, headWeight.shape[1]], 0, 1, 'float32', seed),
      }),
    });
    distance(scores(1), scores(2), { temperature, headWeight: asHead(headWeight) });
  });
}

/** The distance of the contrastive loss. */
export function distanceOf({ objective: { cppo } }: Config): Promise<Distance | TokenDistance> {
  return component('objective.cppo.distance', cppo.distance, distanceKind);
}
