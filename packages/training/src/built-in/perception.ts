import type { Distance } from '@cppo/contrastive-loss';
import type { BuiltInDetector, Detector, TokenDistance } from '@cppo/cppo';
import { UserError } from '@cppo/run';
import { checkedDetector } from '../checked/checked-detector.js';
import { checkedDistance } from '../checked/checked-distance.js';
import { type BuiltIn, type ComponentKind, component, without } from '../components/component.js';
import type { ComponentSpec } from '../components/spec.js';

const isFunction = (value: unknown) => typeof value === 'function';

/** Built-in detectors, whose further options are keys beside theirs. */
export const detectors: BuiltIn<BuiltInDetector | Detector> = {
  entropy: without('entropy'),
  shift: without('shift'),
};

const detectorKind: ComponentKind<BuiltInDetector | Detector> = {
  expected:
    'a function ({entropy, removedEntropy, logProbs, removedLogProbs, tokens, seed}) that gives a mask for each completion',
  accepts: isFunction,
  watch: (detector, blame) => (typeof detector === 'string' ? detector : checkedDetector(detector, blame)),
  trial: (detector) =>
    typeof detector !== 'string' &&
    detector({
      entropy: [Float32Array.of(0.5, 1, 0.1), Float32Array.of(0.2, 0.7)],
      removedEntropy: [Float32Array.of(0.9, 0.8, 2), Float32Array.of(0.1, 1.5)],
      logProbs: [Float32Array.of(-0.3, -0.9, -0.1), Float32Array.of(-0.1, -0.6)],
      removedLogProbs: [Float32Array.of(-1.5, -0.7, -2), Float32Array.of(-0.2, -1.1)],
      tokens: [Int32Array.of(1, 2, 3), Int32Array.of(2, 1)],
      seed: 1,
    }),
  builtIn: detectors,
};

/**
 * The detector of a run.
 *
 * @param spec of the configuration.
 * @param tokens which ones the loss is put on.
 * @returns the detector, or the name of a built-in one.
 * @throws UserError when it cannot be made, or would not be asked.
 */
export async function detectorOf(spec: ComponentSpec, tokens: string): Promise<BuiltInDetector | Detector> {
  const detector = await component('objective.cppo.detector', spec, detectorKind);
  if (typeof detector !== 'string' && tokens === 'random') {
    throw new UserError(
      'objective.cppo.tokens: found random, expected detected or all with a detector of your own.',
    );
  }
  return detector;
}

/** Distances between token distributions that a configuration can name. */
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

/**
 * The distance of the contrastive loss.
 *
 * @param spec of the configuration.
 * @returns the distance, or the name of a built-in one.
 * @throws UserError when it cannot be made.
 */
export function distanceOf(spec: ComponentSpec): Promise<Distance | TokenDistance> {
  return component('objective.cppo.distance', spec, distanceKind);
}
