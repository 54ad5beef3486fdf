import type { Detector } from '@cppo/trainer';

/** Perception tokens are those whose entropy rises by at least so many nats, however many that are. */
export default function threshold({ nats = 0.05 }: { nats?: number }): Detector {
  return ({ entropy, removedEntropy }) =>
    entropy.map((row, i) =>
      Uint8Array.from(row, (value, t) => (removedEntropy[i]![t]! - value >= nats ? 1 : 0)),
    );
}
