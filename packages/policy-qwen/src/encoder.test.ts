import '@tensorflow/tfjs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QwenEncoder } from './encoder.js';
import { QwenPolicy } from './policy.js';

const directory = fileURLToPath(new URL('./files/__fixtures__/nested-bf16', import.meta.url));
const image = { width: 40, height: 24, data: Uint8Array.from({ length: 40 * 24 * 3 }, (_, i) => i % 251) };
const begun = [
  { role: 'user', content: [{ type: 'image' as const }, { type: 'text' as const, text: 'How many?' }] },
  { role: 'assistant', content: 'I count ' },
];
let encoder: QwenEncoder;
let policy: QwenPolicy;

beforeAll(async () => {
  await tf.setBackend('cpu');
  encoder = await QwenEncoder.open(directory);
  policy = await QwenPolicy.load(directory, { encoder });
});
afterAll(() => policy.dispose());

describe('a model without its weights', () => {
  test('encodes and resizes as the policy does, with the bounds and the beginning that are asked for', () => {
    const pixels = { minPixels: 4096, maxPixels: 8192 };
    const input = { messages: begun, images: [image], continueFinalMessage: true, pixels };
    expect(encoder.encode(input)).toEqual(policy.encode(input));
    const whole = encoder.encode({ messages: begun, images: [image] });
    expect(whole.images[0]?.pixels.length).toBeLessThan(encoder.encode(input).images[0]?.pixels.length ?? 0);
    const resized = encoder.resize(image, pixels);
    expect(resized).toEqual(policy.resize(image, pixels));
    expect(resized.width * resized.height).toBeGreaterThanOrEqual(4096);
  });

  test('refuses what it does not know, by the name that was likely meant', () => {
    const input = { prompt: 'x', pixels: { maxPixels: 9000, maxPixel: 9 } };
    expect(() => encoder.encode(input)).toThrow(
      'QwenEncoder.encode: unknown option "pixels.maxPixel", did you mean "pixels.maxPixels"?',
    );
    expect(() => policy.encode(input)).toThrow('QwenPolicy.encode: unknown option "pixels.maxPixel"');
    expect(() => policy.resize(image, { maxPixels: 0.5 })).toThrow('QwenPolicy.resize: maxPixels is 0.5');
    expect(() => encoder.resize(image, { minPixels: -1 })).toThrow('QwenEncoder.resize: minPixels is -1');
  });
});
