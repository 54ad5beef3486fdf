// The one file of this package's tasks that reads from the disk.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { RendererFiles } from './renderer-source.js';

/** The renderer's wasm and the fonts, as the packages hold them. */
export function readRendererFiles(): RendererFiles {
  const { resolve } = createRequire(import.meta.url);
  return {
    wasm: () => readFile(resolve('@resvg/resvg-wasm/index_bg.wasm')),
    font: (face) => readFile(resolve(`dejavu-fonts-ttf/ttf/${face}.ttf`)),
  };
}
