import type { EncodedPrompt } from '../prompt.js';

/** Numbers drawn uniformly from [0, 1). */
export type Uniform = () => number;

/**
 * The generator of one completion. It depends on the seed, on the prompt itself and on the completion's number,
 * not on what else is in the batch.
 *
 * @param occurrence how many equal prompts precede this one in the batch.
 */
export function completionGenerator(
  seed: number,
  prompt: number,
  occurrence: number,
  completion: number,
): Uniform {
  let state = [seed, prompt, occurrence, completion].reduce((hash, part) => mix(hash ^ part), 0x9e3779b9);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return mix(state) / 2 ** 32;
  };
}

/** A hash of everything the model sees of a prompt. */
export function promptHash(prompt: EncodedPrompt): number {
  let hash = hashed(0x811c9dc5, prompt.ids);
  for (const { pixels, grid } of prompt.images) {
    hash = hashed(hash, Int32Array.from(grid));
    hash = hashed(hash, new Int32Array(pixels.buffer, pixels.byteOffset, pixels.length));
  }
  return hash >>> 0;
}

function hashed(start: number, values: Int32Array): number {
  let hash = start;
  for (let i = 0; i < values.length; i++) hash = Math.imul(hash ^ (values[i] as number), 0x01000193);
  return hash;
}

/** The finaliser of MurmurHash3: 32 bits to 32 bits, every bit of which depends on all. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
