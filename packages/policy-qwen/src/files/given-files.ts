import type { FileFolder } from './folder.js';
import { type ReadableFile, readableFile } from './readable-file.js';

/** Files as a page is handed them: a list, as of a file input, or by name. */
export type GivenFiles = Iterable<File> | Readonly<Record<string, Blob>>;

/** Files in memory, or that the browser reads from the user's disk. Of a path only the last part is its name. */
export class GivenFolder implements FileFolder {
  readonly #files: ReadonlyMap<string, Blob>;

  /** @throws RangeError when two files have the same name, or something is no file. */
  constructor(files: GivenFiles) {
    const entries: [string, unknown][] = isIterable(files)
      ? [...files].map((file) => [file.name, file])
      : Object.entries(files);
    const named = new Map<string, Blob>();
    for (const [path, file] of entries) {
      if (typeof path !== 'string' || !(file instanceof Blob)) {
        throw new RangeError(
          `QwenPolicy.load: ${String(path)} is no File or Blob; expected a list of files, or files by name.`,
        );
      }
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (named.has(name)) {
        throw new RangeError(`QwenPolicy.load: two files are called ${name}; expected those of one folder.`);
      }
      named.set(name, file);
    }
    this.#files = named;
  }

  toString(): string {
    return 'the given files';
  }

  async list(): Promise<string[]> {
    return [...this.#files.keys()].sort();
  }

  async text(name: string): Promise<string | undefined> {
    return this.#files.get(name)?.text();
  }

  async open(name: string): Promise<ReadableFile | undefined> {
    const file = this.#files.get(name);
    if (!file) return undefined;
    return readableFile(
      file.size,
      async (begin, end) => new Uint8Array(await file.slice(begin, end).arrayBuffer()),
    );
  }
}

function isIterable(files: GivenFiles): files is Iterable<File> {
  return Symbol.iterator in files;
}
