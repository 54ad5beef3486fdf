import type { Distance } from '@cppo/contrastive-loss';
import type { Head, TokenScores } from '@cppo/grpo';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../config/schema.js';
import { UserError } from '../user-error.js';
import { type ComponentKind, component, without } from './component.js';

/** What a detector is given: the gated completions of one group. */
export interface DetectionInput {
  /** Entropy of each token of each completion under the original image, nats. */
  readonly entropy: readonly ArrayLike<number>[];
  /** The same under the first information-removing view. */
  readonly removedEntropy: readonly ArrayLike<number>[];
  /** Token ids of each completion. */
  readonly tokens: readonly ArrayLike<number>[];
  /** For whatever is drawn: a function of the run's seed, the step and the group. */
  readonly seed: number;
}

/** Finds perception tokens: for each completion a mask, 1 on the tokens taken. */
export type Detector = (input: DetectionInput) => readonly ArrayLike<number>[];

/**
 * A distance of one's own between the token distributions of two passes: a tensor [B, T], nats, differentiable, clamped to ±10
 * afterwards. `hidden` on the function asks for hidden states, for distances over the whole vocabulary: their logits are
 * `headWeight.product` of them.
 */
export interface TokenDistance {
  (
    anchor: TokenScores,
    view: TokenScores,
    context: { readonly temperature: number; readonly headWeight: Head },
  ): Tensor;
  readonly hidden?: boolean;
}

const isFunction = (value: unknown) => typeof value === 'function';

const detectors: ComponentKind<Detector | undefined> = {
  expected: 'a function ({entropy, removedEntropy, tokens, seed}) that gives a mask for each completion',
  accepts: isFunction,
  builtIn: { entropy: without(undefined) },
};

/** The detector of a run's own; nothing for the built-in one. */
export async function detectorOf({ objective: { cppo } }: Config): Promise<Detector | undefined> {
  const detector = await component('objective.cppo.detector', cppo.detector, detectors);
  if (detector !== undefined && cppo.tokens === 'random') {
    throw new UserError(
      'objective.cppo.tokens: found random, expected detected or all with a detector of your own.',
    );
  }
  return detector;
}

const distances: ComponentKind<Distance | TokenDistance> = {
  expected: 'a function (anchor, view, context) that gives a [B, T] tensor',
  accepts: isFunction,
  builtIn: { kl: without('kl'), k3: without('k3'), k1: without('k1'), js: without('js') },
};

/** The distance of the contrastive loss. */
export function distanceOf({ objective: { cppo } }: Config): Promise<Distance | TokenDistance> {
  return component('objective.cppo.distance', cppo.distance, distances);
}
