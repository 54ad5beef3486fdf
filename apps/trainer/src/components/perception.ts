import type { Distance } from '@cppo/contrastive-loss';
import type { Detector, TokenDistance } from '@cppo/cppo';
import { UserError } from '@cppo/run';
import {
  type BuiltIn,
  type ComponentKind,
  type ComponentSpec,
  checkedDetector,
  checkedDistance,
  component,
  without,
} from '@cppo/training';

const isFunction = (value: unknown) => typeof value === 'function';

/** Built-in detectors: the one of entropies has keys of its own, and nothing stands for it. */
export const detectors: BuiltIn<Detector | undefined> = { entropy: without(undefined) };

const detectorKind: ComponentKind<Detector | undefined> = {
  expected: 'a function ({entropy, removedEntropy, tokens, seed}) that gives a mask for each completion',
  accepts: isFunction,
  watch: (detector, blame) => detector && checkedDetector(detector, blame),
  trial: (detector) =>
    detector?.({
      entropy: [Float32Array.of(0.5, 1, 0.1), Float32Array.of(0.2, 0.7)],
      removedEntropy: [Float32Array.of(0.9, 0.8, 2), Float32Array.of(0.1, 1.5)],
      tokens: [Int32Array.of(1, 2, 3), Int32Array.of(2, 1)],
      seed: 1,
    }),
  builtIn: detectors,
};

/**
 * The detector of a run's own; nothing for the built-in one.
 *
 * @param tokens which ones the loss is put on.
 */
export async function detectorOf(spec: ComponentSpec, tokens: string): Promise<Detector | undefined> {
  const detector = await component('objective.cppo.detector', spec, detectorKind);
  if (detector !== undefined && tokens === 'random') {
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

/** The distance of the contrastive loss. */
export function distanceOf(spec: ComponentSpec): Promise<Distance | TokenDistance> {
  return component('objective.cppo.distance', spec, distanceKind);
}
