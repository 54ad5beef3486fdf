/**
 * Finds the most prompts at a time, among `wanted` and its halves, that fit; 1 when nothing does.
 *
 * @param wanted prompts at a time.
 * @param fits decides for a number of prompts.
 * @returns the number.
 * @example
 * mostAtOnce(64, (atOnce) => atOnce <= 20); // 16
 */
export function mostAtOnce(wanted: number, fits: (atOnce: number) => boolean): number {
  for (let atOnce = wanted; atOnce > 1; atOnce = Math.ceil(atOnce / 2)) {
    if (fits(atOnce)) return atOnce;
  }
  return 1;
}
