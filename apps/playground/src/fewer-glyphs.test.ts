import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect, it, vi } from 'vitest';
import { withoutUnusedGlyphs, written } from '../fewer-glyphs.js';

const { resolve } = createRequire(import.meta.url);
const fontFile = (face: string) => resolve(`dejavu-fonts-ttf/ttf/${face}.ttf`);

/** Pictures of all tasks in every difficulty and split, drawn with fonts that were prepared so. */
async function pictures(prepare: (path: string, bytes: Buffer) => Promise<Uint8Array>) {
  vi.resetModules();
  const { drawSamples, startRenderer } = await import('@cppo/bench/tasks');
  const faces = new Map<string, number>();
  await startRenderer({
    wasm: () => readFile(resolve('@resvg/resvg-wasm/index_bg.wasm')),
    async font(face) {
      const font = await prepare(fontFile(face), await readFile(fontFile(face)));
      faces.set(face, font.length);
      return font;
    },
  });
  const samples = (['in-domain', 'out-of-domain'] as const).flatMap((split) =>
    drawSamples({ seed: 5, count: 66, difficulty: [1, 2, 3], split }),
  );
  const drawn = await Promise.all(samples.map(async ({ image }) => Buffer.from(await image.png())));
  return { drawn, faces, texts: samples.map(({ image }) => image.svg) };
}

it('leaves out of the fonts what no picture is written with, and changes none', async () => {
  const whole = await pictures(async (_, bytes) => bytes);
  const fewer = await pictures(withoutUnusedGlyphs);
  expect(fewer.drawn.map((png, i) => png.equals(whole.drawn[i] ?? Buffer.of()))).toEqual(
    whole.drawn.map(() => true),
  );
  expect(whole.faces.size).toBeGreaterThanOrEqual(4);
  for (const [face, size] of whole.faces) expect(fewer.faces.get(face)).toBeLessThan(size / 4);
  const lettering = whole.texts.flatMap((svg) =>
    [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, t]) => t ?? ''),
  );
  expect(lettering.length).toBeGreaterThan(100);
  for (const character of lettering.join('')) expect(written).toContain(character);
}, 60_000);
