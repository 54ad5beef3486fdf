import { startRenderer } from '@cppo/bench/tasks';
import rendererUrl from '@resvg/resvg-wasm/index_bg.wasm?url';
import engineUrl from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';

const modelUrls = import.meta.glob<string>('../../../trainer/models/tiny/*', {
  query: '?url',
  import: 'default',
  eager: true,
});

const fontUrls = import.meta.glob<string>(
  '../../../../node_modules/dejavu-fonts-ttf/ttf/DejaVu{Sans,Sans-Bold,Serif,Serif-Bold,SansMono,SansMono-Bold}.ttf',
  { query: '?url', import: 'default', eager: true },
);

/** Where the stock wasm backend is served. */
export const engineBinary = engineUrl;

/** The shipped model as files. */
export function readShippedModel(): Promise<File[]> {
  return Promise.all(
    Object.entries(modelUrls).map(async ([path, url]) => new File([await read(url)], nameOf(path))),
  );
}

/** Makes the built-in tasks draw with the fonts and the renderer that the page is served with. */
export function startDrawing(): Promise<void> {
  const fonts = new Map(Object.entries(fontUrls).map(([path, url]) => [nameOf(path), url]));
  return startRenderer({
    wasm: () => read(rendererUrl),
    font: (face) => read(fonts.get(`${face}.ttf`) ?? `${face}.ttf`),
  });
}

async function read(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}.`);
  return new Uint8Array(await answer.arrayBuffer());
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
