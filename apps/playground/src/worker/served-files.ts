import { startRenderer } from '@cppo/bench/tasks';
import rendererUrl from '@resvg/resvg-wasm/index_bg.wasm?packed';
import engineUrl from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?packed';

const modelUrls = import.meta.glob<string>('../../../trainer/models/tiny/*', {
  query: '?packed',
  import: 'default',
  eager: true,
});

const fontUrls = import.meta.glob<string>(
  '../../../../node_modules/dejavu-fonts-ttf/ttf/DejaVu{Sans,Sans-Bold,Serif,Serif-Bold,SansMono,SansMono-Bold}.ttf',
  { query: '?packed', import: 'default', eager: true },
);

/** The stock wasm backend. */
export const readEngine = () => read(engineUrl);

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

/** The bytes of a file that is served under gzip, or was unpacked on its way. */
async function read(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}.`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
