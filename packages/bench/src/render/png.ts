// The one file of this package that reads from the disk: the renderer's wasm and the fonts it may use.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';

const faces = [
  'DejaVuSans',
  'DejaVuSans-Bold',
  'DejaVuSerif',
  'DejaVuSerif-Bold',
  'DejaVuSansMono',
  'DejaVuSansMono-Bold',
];

// resvg may be started once a process, so the promise is kept.
let started: Promise<readonly Uint8Array[]> | undefined;

async function start(): Promise<readonly Uint8Array[]> {
  const { resolve } = createRequire(import.meta.url);
  await initWasm(await readFile(resolve('@resvg/resvg-wasm/index_bg.wasm')));
  return Promise.all(faces.map((face) => readFile(resolve(`dejavu-fonts-ttf/ttf/${face}.ttf`))));
}

/**
 * Renders SVG as PNG, the same bytes on every machine: resvg runs as wasm, and no system font is used.
 *
 * @param svg a whole picture; text in DejaVu Sans, Serif or Sans Mono.
 * @returns the bytes of the file.
 */
export async function renderPng(svg: string): Promise<Uint8Array> {
  started ??= start();
  const fonts = await started;
  // Each font costs time for every picture, so only the families that are named are handed over.
  const fontBuffers = fonts.filter((_, i) => usesFace(svg, faces[i] as string));
  const renderer = new Resvg(svg, { font: { fontBuffers } });
  try {
    const image = renderer.render();
    try {
      return image.asPng();
    } finally {
      image.free();
    }
  } finally {
    renderer.free();
  }
}

function usesFace(svg: string, face: string): boolean {
  const [family, weight] = face.split('-');
  const name = (family as string).replace(/(?<=[a-z])(?=[A-Z])/g, ' ').replace('Deja Vu', 'DejaVu');
  return svg.includes(`font-family="${name}"`) && (weight !== 'Bold' || svg.includes('font-weight="bold"'));
}
