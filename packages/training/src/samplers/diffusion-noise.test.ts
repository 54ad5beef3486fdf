import { seededRandom } from '@cppo/perturb';
import { expect, it } from 'vitest';
import { diffusionNoise } from './diffusion-noise.js';

const grey = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(128) };

it('adds the noise of its schedule: at t = 100, √ᾱ = 0.99829 and √(1 − ᾱ) = 0.05841', () => {
  const { data, width, height } = diffusionNoise(100)(grey, seededRandom(1));
  expect([width, height, data.length]).toEqual([64, 64, grey.data.length]);
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
  expect(Math.abs(mean - 0.9982929 * 128)).toBeLessThan(0.5);
  expect(Math.abs(deviation - 0.0584058 * 255)).toBeLessThan(0.4);
});

it('is a function of image and generator, and of strength 0 the image itself', () => {
  expect(diffusionNoise(500)(grey, seededRandom(2))).toEqual(diffusionNoise(500)(grey, seededRandom(2)));
  expect(diffusionNoise(500)(grey, seededRandom(3))).not.toEqual(diffusionNoise(500)(grey, seededRandom(2)));
  expect(diffusionNoise(0.2)(grey, seededRandom(2))).toBe(grey);
  expect(grey.data.every((value) => value === 128)).toBe(true);
});
