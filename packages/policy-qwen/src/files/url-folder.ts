import { adapterConfigFile, adapterWeightsFile } from './adapter-config.js';
import { companionFiles } from './companion-files.js';
import type { FileFolder } from './folder.js';
import { type ReadableFile, readableFile } from './readable-file.js';
import { shardIndexFile, singleFile } from './shard-plan.js';

/**
 * The files below an address, read with `fetch`: ranges of them where the server gives ranges.
 *
 * @throws from its methods, a RangeError with the address and the status when the server refuses a file.
 */
export class UrlFolder implements FileFolder {
  readonly #base: URL;
  readonly #fetch: typeof globalThis.fetch;
  #names: Promise<string[]> | undefined;

  /** @param address of the folder, with or without a slash at its end. */
  constructor(address: URL, fetch: typeof globalThis.fetch = globalThis.fetch) {
    this.#base = new URL(address);
    if (!this.#base.pathname.endsWith('/')) this.#base.pathname += '/';
    this.#fetch = (...parameters) => fetch(...parameters);
  }

  toString(): string {
    return this.#base.href;
  }

  /** A server lists nothing: probe the names that a model may have. */
  list(): Promise<string[]> {
    this.#names ??= Promise.all(
      [
        'config.json',
        singleFile,
        shardIndexFile,
        adapterConfigFile,
        adapterWeightsFile,
        ...companionFiles,
      ].map(async (name) => ((await this.#ask(name, { method: 'HEAD' })) === undefined ? [] : [name])),
    ).then((found) => found.flat().sort());
    return this.#names;
  }

  async text(name: string): Promise<string | undefined> {
    return (await this.#ask(name, {}))?.text();
  }

  async open(name: string): Promise<ReadableFile | undefined> {
    const head = await this.#ask(name, { method: 'HEAD' });
    if (head === undefined) return undefined;
    const length = head.headers.get('content-length');
    const compressed = head.headers.get('content-encoding') !== null;
    let whole: Promise<Uint8Array> | undefined;
    const readWhole = () => {
      whole ??= this.#bytes(name, {});
      return whole;
    };
    const size = length === null || compressed ? (await readWhole()).length : Number(length);
    const read = async (begin: number, end: number) => {
      const last = Math.min(end, size);
      if (last <= begin) return new Uint8Array(0);
      if (whole === undefined) {
        const response = await this.#ask(name, { headers: { range: `bytes=${begin}-${last - 1}` } });
        if (response?.status === 206) return new Uint8Array(await response.arrayBuffer());
        // The server knows no ranges, and has just sent all of it.
        if (response !== undefined) whole = response.arrayBuffer().then((all) => new Uint8Array(all));
      }
      return (await readWhole()).subarray(begin, last);
    };
    return readableFile(size, read, () => {
      whole = undefined;
    });
  }

  async #bytes(name: string, request: RequestInit): Promise<Uint8Array> {
    const response = await this.#ask(name, request);
    return new Uint8Array((await response?.arrayBuffer()) ?? new ArrayBuffer(0));
  }

  /** @returns undefined when there is no such file. */
  async #ask(name: string, request: RequestInit): Promise<Response | undefined> {
    const address = new URL(name, this.#base);
    const response = await this.#fetch(address, request).catch((cause: unknown) => {
      throw new RangeError(
        `QwenPolicy.load: ${address.href} cannot be fetched (${(cause as Error).message}).`,
        {
          cause,
        },
      );
    });
    if (response.status === 404 || response.status === 410) return undefined;
    if (!response.ok) {
      throw new RangeError(
        `QwenPolicy.load: ${address.href} answers ${response.status} ${response.statusText}.`,
      );
    }
    // Development servers send their page in place of a file that is not there.
    return /^text\/html\b/.test(response.headers.get('content-type') ?? '') ? undefined : response;
  }
}
