import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const query = /\?packed$/;

/**
 * `import url from './large.bin?packed'` is the address of the file's bytes under gzip, which any file server gives
 * out as it is; the page unpacks them. While developing, the file itself is served.
 *
 * @param prepare changes the bytes of a file before they are packed.
 */
export function packedFiles(prepare: (path: string, bytes: Buffer) => Promise<Uint8Array>): Plugin {
  let served = false;
  return {
    name: 'packed-files',
    enforce: 'pre',
    configResolved({ command }) {
      served = command === 'serve';
    },
    async load(id) {
      if (!query.test(id)) return undefined;
      const path = id.replace(query, '');
      if (served) return `export default ${JSON.stringify(`/@fs${path}`)};`;
      const bytes = await prepare(path, await readFile(path));
      const reference = this.emitFile({
        type: 'asset',
        // A name by which no server takes the packing for its own.
        name: `${basename(path)}.packed`,
        source: gzipSync(bytes, { level: 9 }),
      });
      return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
    },
  };
}
