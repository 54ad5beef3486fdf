import { describe, expect, test } from 'vitest';
import { fixture, fixtureNames } from './__fixtures__/models.js';
import { parseQwenConfig } from './config.js';
import { ropeIndex } from './rope-index.js';

describe.each(fixtureNames)('positions of the %s fixture equal those of transformers', (name) => {
  const { config, prompts } = fixture(name);
  test.each(prompts.map((prompt, index) => [index, prompt] as const))('prompt %i', (_, prompt) => {
    const { positions, ropeDelta } = ropeIndex(
      Int32Array.from(prompt.ids),
      prompt.grids,
      parseQwenConfig(config),
    );
    expect(Array.from(positions)).toEqual(prompt.positions);
    expect(ropeDelta).toBe(prompt.ropeDelta);
  });
});

describe('images and tokens that do not fit are refused', () => {
  const config = parseQwenConfig(fixture('tied').config);
  const ids = (count: number) => Int32Array.from([5, 88, ...Array<number>(count).fill(90), 89, 6]);
  test.each([
    ['too few tokens', ids(5), [[1, 4, 6]], 'image 1 has 5 image tokens, expected 6'],
    [
      'an image too many',
      ids(6),
      [
        [1, 4, 6],
        [1, 2, 2],
      ],
      'the ids hold 1 images, expected 2',
    ],
    ['an image too few', ids(6), [], 'have no image'],
  ] as [string, Int32Array, [number, number, number][], string][])('%s', (_, tokens, grids, message) => {
    expect(() => ropeIndex(tokens, grids, config)).toThrow(message);
  });
});
