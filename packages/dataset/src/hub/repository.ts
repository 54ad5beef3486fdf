import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { datasetInfo, downloadFile, getHFHubCachePath, listFiles } from '@huggingface/hub';

export interface RepositoryOptions {
  readonly repository: string;
  readonly revision: string;
  readonly cacheFolder?: string | undefined;
  readonly hubUrl?: string | undefined;
  readonly token?: string | undefined;
  readonly onProgress?: ((progress: { stage: 'download'; done: number; total: number }) => void) | undefined;
}

interface HubFile {
  readonly path: string;
  readonly size: number;
  /** Names the content: the same file in two revisions is stored once. */
  readonly etag: string;
}

/**
 * A data set repository at one commit, with its files in the cache that Hugging Face's own tools use: what they fetched is
 * found, and the other way round.
 */
export class Repository {
  private constructor(
    private readonly options: RepositoryOptions,
    private readonly storage: string,
    private readonly commit: string,
    private readonly files: ReadonlyMap<string, HubFile>,
  ) {}

  /**
   * Finds the revision's commit and its list of files. Without a network, what was found last time holds.
   *
   * @throws Error when the hub cannot be asked and the cache does not know.
   */
  static async open(options: RepositoryOptions): Promise<Repository> {
    const cache = options.cacheFolder ?? getHFHubCachePath();
    const storage = join(cache, `datasets--${options.repository.replace('/', '--')}`);
    const reference = join(storage, 'refs', options.revision);
    let commit: string;
    try {
      commit = await commitOf(options);
    } catch (error) {
      const known = /^[0-9a-f]{40}$/.test(options.revision)
        ? options.revision
        : await readFile(reference, 'utf8').catch(() => undefined);
      const files = known && (await readList(storage, known.trim()));
      if (known && files) return new Repository(options, storage, known.trim(), files);
      throw new Error(
        `openDataset: ${options.repository}@${options.revision} cannot be read from the hub (${reasonOf(error)}) and is not in the cache ${cache}; expected a data set that exists, a token if it is gated, or a local path`,
      );
    }
    let files = await readList(storage, commit);
    if (!files) {
      files = await askList(options, commit);
      await writeWhole(listPath(storage, commit), JSON.stringify([...files.values()]));
    }
    if (options.revision !== commit) await writeWhole(reference, commit);
    return new Repository(options, storage, commit, files);
  }

  /** Paths of all files. */
  get paths(): string[] {
    return [...this.files.keys()];
  }

  /** Local folder that has the repository's layout. */
  get root(): string {
    return join(this.storage, 'snapshots', this.commit);
  }

  /** Fetches files that are not there yet; what an interrupted fetch left is continued. */
  async fetch(paths: readonly string[]): Promise<string[]> {
    const wanted = paths.map((path) => this.files.get(path)!);
    const total = wanted.reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    const local: string[] = [];
    for (const file of wanted) {
      local.push(
        await this.fetchOne(file, (bytes) =>
          this.options.onProgress?.({ stage: 'download', done: done + bytes, total }),
        ),
      );
      done += file.size;
    }
    return local;
  }

  private async fetchOne(file: HubFile, onBytes: (done: number) => void): Promise<string> {
    const pointer = join(this.root, file.path);
    if ((await sizeOf(pointer)) === file.size) return pointer;
    const blob = join(this.storage, 'blobs', file.etag);
    if ((await sizeOf(blob)) !== file.size) await this.download(file, blob, onBytes);
    await mkdir(dirname(pointer), { recursive: true });
    await rm(pointer, { force: true });
    await symlink(relative(dirname(pointer), blob), pointer);
    return pointer;
  }

  private async download(file: HubFile, blob: string, onBytes: (done: number) => void): Promise<void> {
    const incomplete = `${blob}.incomplete`;
    await mkdir(dirname(blob), { recursive: true });
    let have = (await sizeOf(incomplete)) ?? 0;
    if (have > file.size) {
      await rm(incomplete);
      have = 0;
    }
    if (have < file.size) {
      const { repository, hubUrl, token } = this.options;
      const remote = await downloadFile({
        repo: { type: 'dataset', name: repository },
        path: file.path,
        revision: this.commit,
        ...(hubUrl !== undefined && { hubUrl }),
        ...(token !== undefined && { accessToken: token }),
      });
      if (!remote) throw new Error(`openDataset: ${repository} has no file ${file.path} any more`);
      const source = Readable.fromWeb(remote.slice(have).stream() as ReadableStream);
      let done = have;
      source.on('data', (chunk: Uint8Array) => {
        done += chunk.length;
        onBytes(done);
      });
      await pipeline(source, createWriteStream(incomplete, { flags: 'a' }));
    }
    const size = await sizeOf(incomplete);
    if (size !== file.size) {
      await rm(incomplete, { force: true });
      throw new Error(`openDataset: ${file.path} has ${size} bytes when fetched; expected ${file.size}`);
    }
    await rename(incomplete, blob);
  }
}

async function commitOf({ repository, revision, hubUrl, token }: RepositoryOptions): Promise<string> {
  const { sha } = await datasetInfo({
    name: repository,
    revision,
    additionalFields: ['sha'],
    ...(hubUrl !== undefined && { hubUrl }),
    ...(token !== undefined && { accessToken: token }),
  });
  return sha;
}

async function askList(options: RepositoryOptions, commit: string): Promise<Map<string, HubFile>> {
  const { repository, hubUrl, token } = options;
  const files = new Map<string, HubFile>();
  const entries = listFiles({
    repo: { type: 'dataset', name: repository },
    recursive: true,
    revision: commit,
    ...(hubUrl !== undefined && { hubUrl }),
    ...(token !== undefined && { accessToken: token }),
  });
  for await (const { type, path, size, lfs, oid } of entries) {
    // A path is joined to the cache's folder: one that leads out of it is not followed.
    if (type !== 'file' || isAbsolute(path) || normalize(path).split(sep).includes('..')) continue;
    files.set(path, { path, size: lfs?.size ?? size, etag: lfs?.oid ?? oid ?? `${commit}-${files.size}` });
  }
  return files;
}

function listPath(storage: string, commit: string): string {
  return join(storage, 'cppo-file-lists', `${commit}.json`);
}

async function readList(storage: string, commit: string): Promise<Map<string, HubFile> | undefined> {
  try {
    const files = JSON.parse(await readFile(listPath(storage, commit), 'utf8')) as HubFile[];
    return new Map(files.map((file) => [file.path, file]));
  } catch {
    return undefined;
  }
}

/** Written under another name first, so that a kill leaves no half file. */
async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}`, text);
  await rename(`${path}.${process.pid}`, path);
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

function reasonOf(error: unknown): string {
  const { message, statusCode, cause } = error as {
    message?: string;
    statusCode?: number;
    cause?: { code?: string };
  };
  return statusCode !== undefined ? `status ${statusCode}` : (cause?.code ?? message ?? String(error));
}
