import type { Checkpointing } from './checkpointing.js';

/**
 * What a policy keeps for the backward pass unless it is told: all activations below 50 million parameters, the input of
 * every layer below a billion, and of √L layers from there on.
 */
export function chooseCheckpointing(parameters: number): Checkpointing {
  return parameters < 5e7 ? 'none' : parameters < 1e9 ? 'layers' : 'segments';
}

/** Layers in a segment of a stack of `layers`. */
export function segmentLength(layers: number): number {
  return Math.ceil(Math.sqrt(layers));
}
