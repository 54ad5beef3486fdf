/**
 * Whether something with a seed is among a share of all, each with that chance. The same seed also draws random tokens, so it
 * is mixed first (the finaliser of MurmurHash3, public domain).
 */
export function isDrawn(seed: number, share: number): boolean {
  let mixed = (seed ^ 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32 < share;
}
