import { describe, expect, it } from 'vitest';
import { randomFrom } from '../tasks/random.js';
import { compareGradients, compareHalves, relativeGain, squaredNorm } from './noise-corrected.js';
import { sketchGradient } from './sketch-gradient.js';

const size = 300;

/** Gradients of blocks: means at a known angle, each block with noise of three times its norm. */
function blocksOf(seed: number, blocks: number, cosine: number) {
  const random = randomFrom(`blocks ${seed}`);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const noise = () => Array.from({ length: size }, () => (3 * normal()) / Math.sqrt(size));
  const sine = Math.sqrt(1 - cosine ** 2);
  const noisy = (...means: number[]) => noise().map((value, i) => value + (means[i] ?? 0));
  return {
    reference: Array.from({ length: blocks }, () => noisy(1)),
    // Twice as long as the reference.
    gradients: Array.from({ length: blocks }, () => noisy(2 * cosine, 2 * sine)),
  };
}

describe('compareGradients', () => {
  it('gives the angle between the means, and its interval holds it as often as it says', () => {
    const runs = Array.from({ length: 200 }, (_, seed) => blocksOf(seed, 12, 0.5));
    const found = runs.map(({ reference, gradients }) => compareGradients(reference, gradients));
    const cosines = found.map(({ cosine }) => cosine.value);
    const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value) / values.length;
    expect(average(cosines)).toBeCloseTo(0.5, 1);
    expect(average(found.map(({ normRatio }) => normRatio.value))).toBeCloseTo(2, 0);
    // Half of the direction at twice the length.
    const gains = runs.map(({ reference, gradients }) => relativeGain(reference, reference, gradients));
    expect(average(gains.map(({ value }) => value))).toBeCloseTo(1, 1);
    const within = gains.filter(({ low, high }) => low <= 1 && 1 <= high).length;
    expect(within / runs.length).toBeGreaterThan(0.9);
    const held = found.filter(({ cosine }) => cosine.low <= 0.5 && 0.5 <= cosine.high).length;
    expect(held / runs.length).toBeGreaterThan(0.9);
    // With the noise left in, the same gradients seem to have half of it in common.
    const [{ reference, gradients }] = runs as [(typeof runs)[number]];
    const sum = (rows: readonly number[][]) =>
      rows[0]!.map((_, i) => rows.reduce((total, row) => total + row[i]!, 0));
    const [r, g] = [sum(reference), sum(gradients)];
    const dot = (one: readonly number[], other: readonly number[]) =>
      one.reduce((total, value, i) => total + value * other[i]!, 0);
    expect(dot(r, g) / Math.sqrt(dot(r, r) * dot(g, g))).toBeLessThan(0.45);
  });

  it('says of a gradient that is the other one, or its opposite, that it is', () => {
    const { reference } = blocksOf(1, 16, 0.5);
    const scaled = (factor: number) => reference.map((row) => row.map((value) => factor * value));
    const { cosine, normRatio } = compareGradients(reference, scaled(3));
    for (const [found, expected] of [
      [cosine, 1],
      [normRatio, 3],
    ] as const) {
      expect(found.value).toBeCloseTo(expected, 10);
      expect(found.high - found.low).toBeLessThan(1e-6);
    }
    expect(compareGradients(reference, scaled(-1)).cosine.value).toBeCloseTo(-1, 10);
    expect(relativeGain(reference, scaled(2), scaled(-3)).value).toBeCloseTo(-1.5, 10);
    const halves = compareHalves(reference);
    expect(halves.low).toBeLessThan(1);
    expect(halves.high).toBeGreaterThan(1);
    // Of a block's squared norm of 1 + 9 the noise is left out.
    expect(squaredNorm(reference)).toBeGreaterThan(0.5);
    expect(squaredNorm(reference)).toBeLessThan(1.5);
  });

  it('does not tell a mean from noise where there is none', () => {
    const still = Array.from({ length: 4 }, () => [0, 0]);
    expect(compareGradients(still, still).cosine.value).toBeNaN();
    expect(() => compareGradients([[1]], [[1]])).toThrow('found 1 and 1 blocks; expected two or more');
    expect(() => compareGradients([[1], [1]], [[1]])).toThrow('found 2 and 1 blocks');
  });
});

describe('sketchGradient', () => {
  it('keeps what is small as it is, and the products of what is not', () => {
    const random = randomFrom('sketch');
    const draw = (length: number) => Float32Array.from({ length }, () => random.next());
    expect([...sketchGradient([Float32Array.of(1, 2), Float32Array.of(3)], 4)]).toEqual([1, 2, 3]);
    const [a, b] = [draw(40_000), draw(40_000)];
    // Numbers of one sign: without signs at random, places would add up what they share.
    const c = a.map((value, i) => 0.6 * value + 0.8 * b[i]!);
    const dot = (one: Float32Array, other: Float32Array) =>
      one.reduce((sum, value, i) => sum + value * other[i]!, 0);
    const halved = (values: Float32Array) => [values.subarray(0, 7), values.subarray(7)];
    const [sa, sc] = [sketchGradient(halved(a), 4096), sketchGradient(halved(c), 4096)];
    expect(sa.length).toBe(4096);
    const cosine = dot(sa, sc) / Math.sqrt(dot(sa, sa) * dot(sc, sc));
    expect(Math.abs(cosine - dot(a, c) / Math.sqrt(dot(a, a) * dot(c, c)))).toBeLessThan(
      3 * Math.sqrt(2 / 4096),
    );
    // Variables are told apart by their place in the whole, not by where a part begins.
    expect(sketchGradient([a], 4096)).toEqual(sa);
    expect(() => sketchGradient([a], 1000)).toThrow(
      'sketchGradient: width is 1000; expected a power of two.',
    );
  });
});
