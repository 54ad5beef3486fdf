import { basename } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { inMemory, type StoredImage } from './stored-image.js';

/** Pictures in zip archives, read from there one by one: nothing is unpacked. */
export class Archives {
  private constructor(
    private readonly zips: readonly ZipFile[],
    private readonly entries: ReadonlyMap<string, { zip: ZipFile; entry: Entry }>,
  ) {}

  /** @throws TypeError when a file is no zip archive. */
  static async open(paths: readonly string[]): Promise<Archives> {
    const zips: ZipFile[] = [];
    const entries = new Map<string, { zip: ZipFile; entry: Entry }>();
    for (const path of paths) {
      const zip = await openPromise(path, { autoClose: false, lazyEntries: true }).catch((error: Error) => {
        throw new TypeError(`openDataset: found ${path}, which is no zip archive (${error.message})`);
      });
      zips.push(zip);
      for await (const entry of zip.eachEntry()) {
        if (!entry.fileName.endsWith('/')) entries.set(entry.fileName, { zip, entry });
      }
      // `images.zip` may hold `images/a.png` or just `a.png`; rows say `images/a.png`.
      const folder = basename(path, '.zip');
      for (const [name, held] of [...entries]) {
        if (held.zip === zip && !entries.has(`${folder}/${name}`)) entries.set(`${folder}/${name}`, held);
      }
    }
    return new Archives(zips, entries);
  }

  find(path: string): StoredImage | undefined {
    const held = this.entries.get(path.replace(/^\.\//, ''));
    if (!held) return undefined;
    return inMemory(basename(path), async () => buffer(await held.zip.openReadStreamPromise(held.entry)));
  }

  async close(): Promise<void> {
    for (const zip of this.zips) zip.close();
  }
}
