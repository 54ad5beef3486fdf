import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { drawSamples } from '@cppo/bench/tasks';
import { Resvg } from '@resvg/resvg-wasm';
import { expect, it } from 'vitest';
import { withoutUnusedGlyphs, written } from '../fewer-glyphs.js';

const faces = ['Sans', 'Sans-Bold', 'Serif', 'Serif-Bold', 'SansMono', 'SansMono-Bold'];

it('leaves out of the fonts what no picture is written with, and changes none', async () => {
  const { resolve } = createRequire(import.meta.url);
  const fontBuffers = await Promise.all(
    faces.map(async (face) => {
      const path = resolve(`dejavu-fonts-ttf/ttf/DejaVu${face}.ttf`);
      const whole = await readFile(path);
      const fewer = await withoutUnusedGlyphs(path, whole);
      expect(fewer.length).toBeLessThan(whole.length / 4);
      return fewer;
    }),
  );
  const samples = (['in-domain', 'out-of-domain'] as const).flatMap((split) =>
    drawSamples({ seed: 5, count: 66, difficulty: [1, 2, 3], split }),
  );
  let lettering = '';
  for (const { id, image } of samples) {
    const expected = Buffer.from(await image.png());
    const drawn = new Resvg(image.svg, { font: { fontBuffers } }).render().asPng();
    expect(expected.equals(drawn), id).toBe(true);
    for (const [, text = ''] of image.svg.matchAll(/<text[^>]*>([^<]*)</g)) lettering += text;
  }
  expect(lettering.length).toBeGreaterThan(100);
  for (const character of lettering) expect(written).toContain(character);
}, 60_000);
