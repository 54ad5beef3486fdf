import { expect, it } from 'vitest';
import { shownPicture } from './shown-picture.js';

it('leaves a small picture as it is', () => {
  const image = { width: 512, height: 1, data: new Uint8Array(3 * 512) };
  expect(shownPicture(image)).toBe(image);
});

it('takes the mean of each square, cut ones too', () => {
  const width = 1023;
  const data = new Uint8Array(3 * width * 3).map((_, i) => (i % 3 === 0 ? Math.floor(i / 3) % 251 : 7));
  const shown = shownPicture({ width, height: 3, data });
  expect([shown.width, shown.height]).toEqual([512, 2]);
  const red = (x: number, y: number) => data[3 * (y * width + x)]!;
  expect([...shown.data.slice(0, 3)]).toEqual([
    Math.round((red(0, 0) + red(1, 0) + red(0, 1) + red(1, 1)) / 4),
    7,
    7,
  ]);
  expect(shown.data[3 * (2 * 512 - 1)]).toBe(red(1022, 2));
});
