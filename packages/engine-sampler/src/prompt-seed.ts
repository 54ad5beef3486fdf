/**
 * Derives the seed of a prompt's completions, so that equal prompts of a step are answered differently.
 *
 *   FNV-1a of "seed:id", without the sign bit
 *
 * @param seed of the step.
 * @param id of the prompt in the step.
 * @returns a whole number from 0 to 2³¹ − 1.
 * @example
 * promptSeed(1, 'a') === promptSeed(1, 'a'); // true
 * promptSeed(1, 'a') === promptSeed(1, 'b'); // false
 */
export function promptSeed(seed: number, id: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${seed}:${id}`)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash & 0x7fffffff;
}
