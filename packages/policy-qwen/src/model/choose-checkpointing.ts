/**
 * What is kept of a stack of L layers for the backward pass: `none` all activations; `layers` the input of every layer,
 * each layer being computed once more; `segments` the inputs of √L segments of √L layers, each layer being computed twice more.
 */
export type Checkpointing = 'none' | 'layers' | 'segments';

/**
 * What a policy keeps for the backward pass by default: all activations below 50 million parameters, the input of
 * every layer below a billion, and of √L layers from there on.
 */
export function chooseCheckpointing(parameters: number): Checkpointing {
  return parameters < 5e7 ? 'none' : parameters < 1e9 ? 'layers' : 'segments';
}

/** Layers in a segment of a stack of `layers`. */
export function segmentLength(layers: number): number {
  return Math.ceil(Math.sqrt(layers));
}
