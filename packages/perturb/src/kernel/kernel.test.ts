import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { RgbImage } from '../image.js';
import { invert } from '../invert.js';
import { seededRandom } from '../random.js';
import { rotate } from '../rotate.js';

it('is what its sources compile to', async () => {
  const { compile } = await import(new URL('../../kernel/compile.mjs', import.meta.url).href);
  const committed = readFileSync(new URL('./binary.ts', import.meta.url), 'utf8');
  // The formatter may have broken the line.
  const binary = (text: string) => /'([^']+)'/.exec(text)![1];
  expect(binary(committed)).toBe(binary(await compile()));
});

it('works on images larger than the memory it keeps, and on small ones after', () => {
  const large: RgbImage = { width: 3000, height: 2000, data: new Uint8Array(18_000_000).fill(9) };
  large.data.set([1, 2, 3], 0);
  const view = rotate({ degrees: 180 })(large, seededRandom(1));
  expect([...view.data.subarray(-3)]).toEqual([1, 2, 3]);
  const small: RgbImage = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  expect([...rotate({ degrees: 180 })(small, seededRandom(1)).data]).toEqual([4, 5, 6, 1, 2, 3]);
});

it('gives results of their own, not parts of its memory', () => {
  const image: RgbImage = { width: 5, height: 5, data: new Uint8Array(75).fill(100) };
  const first = rotate({ degrees: 3 })(image, seededRandom(1));
  const copy = first.data.slice();
  rotate({ degrees: 90 })(invert()(image, seededRandom(1)), seededRandom(1));
  expect(first.data).toEqual(copy);
  expect(first.data.buffer.byteLength).toBe(75);
});
