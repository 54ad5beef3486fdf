import { adapterConfigFile } from './adapter-config.js';
import {
  appendStream,
  fileSize,
  joinPath,
  linkFile,
  readTextIfPresent,
  removeFile,
  renameFile,
  writeText,
} from './disk.js';

/** How far downloading has come. */
export interface DownloadProgress {
  /** File being downloaded. */
  readonly file: string;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

/** A model on the hub and where its files are kept. */
export interface HubModel {
  /** owner/name. */
  readonly name: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  readonly cacheDirectory: string;
  readonly access: {
    readonly accessToken?: string;
    readonly hubUrl?: string;
    readonly fetch?: typeof globalThis.fetch;
  };
}

/** A file as the hub lists it. */
export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** Name of its content: the hash under which the cache keeps it. */
  readonly tag: string;
}

// The layout is huggingface_hub's, so that a model is downloaded once for Python and for us:
//   models--owner--name/refs/<revision>               the commit, as text
//   models--owner--name/snapshots/<commit>/<file>     a link to
//   models--owner--name/blobs/<tag>                   the content; <tag>.incomplete while it arrives

const repository = (model: HubModel) =>
  joinPath(model.cacheDirectory, `models--${model.name.replace('/', '--')}`);

/** The directory of a revision that was downloaded before; undefined when there is none. */
export async function cachedSnapshot(model: HubModel): Promise<string | undefined> {
  const root = await repository(model);
  const commit =
    (await readTextIfPresent(root, await joinPath('refs', model.revision)))?.trim() ?? model.revision;
  const directory = await joinPath(root, 'snapshots', commit);
  for (const name of ['config.json', adapterConfigFile]) {
    if ((await fileSize(await joinPath(directory, name))) !== undefined) return directory;
  }
  return undefined;
}

/**
 * Downloads files that the cache does not have yet.
 *
 * @returns the directory of the commit.
 */
export async function downloadToCache(
  model: HubModel,
  commit: string,
  files: readonly HubFile[],
  onProgress?: (progress: DownloadProgress) => void,
): Promise<string> {
  const root = await repository(model);
  if (model.revision !== commit) await writeText(await joinPath(root, 'refs', model.revision), commit);
  const snapshot = await joinPath(root, 'snapshots', commit);
  const bytesTotal = files.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of files) {
    const report = (bytes: number) =>
      onProgress?.({ file: file.path, bytesDone: before + bytes, bytesTotal });
    const link = await joinPath(snapshot, file.path);
    if ((await fileSize(link)) !== file.size) {
      const blob = await joinPath(root, 'blobs', file.tag);
      if ((await fileSize(blob)) !== file.size) await download(model, commit, file, blob, report);
      await linkFile(blob, link);
    }
    report(file.size);
    before += file.size;
  }
  return snapshot;
}

async function download(
  model: HubModel,
  commit: string,
  file: HubFile,
  blob: string,
  report: (bytes: number) => void,
): Promise<void> {
  const { downloadFile } = await import('@huggingface/hub');
  const partial = `${blob}.incomplete`;
  let done = (await fileSize(partial)) ?? 0;
  if (done > file.size) {
    await removeFile(partial);
    done = 0;
  }
  const content = await downloadFile({
    repo: model.name,
    path: file.path,
    revision: commit,
    ...model.access,
  });
  if (!content)
    throw new RangeError(`resolveModel: the hub lists ${file.path} of ${model.name} but does not have it.`);
  if (done < file.size || done === 0) {
    const rest = done === 0 ? content : content.slice(done);
    await appendStream(partial, rest.stream(), (bytes) => {
      done += bytes;
      report(done);
    }).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `resolveModel: downloading ${file.path} of ${model.name} stopped after ${done} of ${file.size} bytes (${reason}); call again to resume.`,
        { cause },
      );
    });
  }
  if (done !== file.size) {
    if (done > file.size) await removeFile(partial);
    throw new RangeError(
      `resolveModel: the hub sent ${done} bytes of ${file.path} of ${model.name}; expected ${file.size}. Call again to resume.`,
    );
  }
  await renameFile(partial, blob);
}
