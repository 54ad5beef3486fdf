/** Bytes of a float32. */
const NUMBER = 4;

/**
 * Bytes that a float32 model takes whatever the batch is: weights, and for each trained number its gradient and the two
 * moments of Adam.
 *
 *   4 · parameters + 12 · trained
 *
 * @param parameters numbers in the model, adapters among them.
 * @param trained    those that are trained.
 */
export function modelBytes({ parameters, trained }: { parameters: number; trained: number }): number {
  return NUMBER * parameters + 3 * NUMBER * trained;
}

/** Largest number of parameters that fits, by use; 0 where the engine does not start. */
export interface LargestModel {
  /** Sampling and scoring: weights, and the keys, values and activations of a small batch. */
  readonly run: number;
  /** Training every parameter with Adam: weights, gradients, two moments, activations. */
  readonly trainFull: number;
  /** Training low-rank adapters: weights and activations. */
  readonly trainLora: number;
}

/** Share of the memory for what `modelBytes` counts: activations depend on the batch, a small one's fit beside it. */
const SHARE = 0.75;
/** Low-rank adapters have about this share of a model's parameters. */
const ADAPTERS = 0.025;

/** How many float32 parameters fit into some memory. */
export function largestModel(bytes: number): LargestModel {
  const fit = (adapters: number, trained: number) =>
    Math.floor((bytes * SHARE) / modelBytes({ parameters: 1 + adapters, trained }));
  return { run: fit(0, 0), trainFull: fit(0, 1), trainLora: fit(ADAPTERS, ADAPTERS) };
}
