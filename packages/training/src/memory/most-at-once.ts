/**
 * The most prompts at a time, of `wanted` and its halves, with which something fits.
 *
 * @param wanted prompts, if they fit.
 * @param fits   whether so many at a time do.
 * @returns prompts at a time; 1 when nothing fits.
 */
export function mostAtOnce(wanted: number, fits: (atOnce: number) => boolean): number {
  for (let atOnce = wanted; atOnce > 1; atOnce = Math.ceil(atOnce / 2)) {
    if (fits(atOnce)) return atOnce;
  }
  return 1;
}
