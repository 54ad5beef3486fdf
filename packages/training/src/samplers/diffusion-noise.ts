import type { Perturbation, Random } from '@cppo/perturb';

const steps = 1000;

/** ᾱ_t of NoisyRollout's schedule: β from 1e-5 to 5e-3 along a sigmoid over [−6, 6]. */
const kept = (() => {
  const products = new Float64Array(steps);
  for (let t = 0, product = 1; t < steps; t++) {
    const sigmoid = 1 / (1 + Math.exp(-(-6 + (12 * t) / (steps - 1))));
    product *= 1 - (sigmoid * (5e-3 - 1e-5) + 1e-5);
    products[t] = product;
  }
  return products;
})();

/**
 * Adds Gaussian noise as the forward process of a diffusion model does (NoisyRollout, arXiv:2504.13055).
 *
 *   x_t = √ᾱ_t · x + √(1 − ᾱ_t) · ε,   pixels in [0, 1], clamped afterwards
 *
 * @param strength t, rounded, of 1000 steps; 0 returns the image unchanged.
 * @returns a perturbation.
 */
export function diffusionNoise(strength: number): Perturbation {
  const t = Math.max(0, Math.min(steps - 1, Math.round(strength)));
  const signal = Math.sqrt(kept[t]!);
  const spread = Math.sqrt(1 - kept[t]!);
  return (image, random) => {
    if (t === 0) return image;
    const data = image.data.map((value) => {
      const noised = signal * (value / 255) + spread * normal(random);
      return Math.round(255 * Math.max(0, Math.min(1, noised)));
    });
    return { ...image, data };
  };
}

/** Box–Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
