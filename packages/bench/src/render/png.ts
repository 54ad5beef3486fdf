import { initWasm, Resvg } from '@resvg/resvg-wasm';
import type { RendererFiles } from './renderer-source.js';

const faces = [
  'DejaVuSans',
  'DejaVuSans-Bold',
  'DejaVuSerif',
  'DejaVuSerif-Bold',
  'DejaVuSansMono',
  'DejaVuSansMono-Bold',
];

interface Renderer {
  readonly font: (face: string) => Promise<Uint8Array>;
}

// resvg may be started once a process, so the promise is kept.
let started: Promise<Renderer> | undefined;

/** Starts the renderer with files from elsewhere than the disk, as a browser must before it draws; the first start counts. */
export async function startRenderer(files: RendererFiles): Promise<void> {
  started ??= start(files);
  await started;
}

async function start({ wasm, font }: RendererFiles): Promise<Renderer> {
  await initWasm(await wasm());
  const read = new Map<string, Promise<Uint8Array>>();
  return {
    font(face) {
      const found = read.get(face) ?? font(face);
      read.set(face, found);
      return found;
    },
  };
}

async function startFromDisk(): Promise<Renderer> {
  const { readRendererFiles } = await import('./renderer-files.js');
  return start(readRendererFiles());
}

/**
 * Renders SVG as PNG, the same bytes on every machine: resvg runs as wasm, and no system font is used.
 *
 * @param svg a whole picture; text in DejaVu Sans, Serif or Sans Mono.
 * @returns the bytes of the file.
 */
export async function renderPng(svg: string): Promise<Uint8Array> {
  started ??= startFromDisk();
  const { font } = await started;
  // Each font costs time for every picture, so only the families that are named are handed over.
  const fontBuffers = await Promise.all(faces.filter((face) => usesFace(svg, face)).map(font));
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
