import type { FileSink } from './file-sink.js';
import type { Folder } from './folder.js';
import { gitLfsPointer, notFetched } from './git-lfs.js';
import type { ReadableFile } from './readable-file.js';

// The one file of this package that touches Node: everything else reads and writes through it.
// Node's modules are imported when first needed, so that a browser can load the package.

const node = async () => {
  if (globalThis.process?.versions?.node === undefined) {
    throw new RangeError(
      'QwenPolicy: there is no disk outside of Node; expected the address of a model as a URL, or its files.',
    );
  }
  return {
    fs: await import('node:fs/promises'),
    path: await import('node:path'),
    url: await import('node:url'),
  };
};

/** Bytes that one system call reads at most: it cannot take 2³¹. */
const MOST_AT_ONCE = 2 ** 30;

/** What a directory is written through: one under a temporary name, or a sink. */
export interface DirectoryDraft extends FileSink {
  copyFrom(directory: string, name: string): Promise<void>;
}

export async function isDirectory(path: Folder): Promise<boolean> {
  if (typeof path !== 'string') return true;
  const { fs } = await node();
  return fs.stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Names of the entries of a directory, sorted. */
export async function listDirectory(directory: Folder): Promise<string[]> {
  if (typeof directory !== 'string') return directory.list();
  const { fs } = await node();
  return (await fs.readdir(directory)).sort();
}

/** The path of a `file:` address. */
export async function pathOf(address: URL): Promise<string> {
  return (await node()).url.fileURLToPath(address);
}

export async function joinPath(...parts: string[]): Promise<string> {
  return (await node()).path.join(...parts);
}

/** The absolute path. */
export async function resolvePath(...parts: string[]): Promise<string> {
  return (await node()).path.resolve(...parts);
}

/**
 * The content of a text file, without a byte order mark; undefined when there is no such file.
 *
 * @throws RangeError when it is a pointer of Git LFS.
 */
export async function readTextIfPresent(directory: Folder, name: string): Promise<string | undefined> {
  const text = await rawTextIfPresent(directory, name);
  if (text?.startsWith(gitLfsPointer)) throw notFetched(`${directory}/${name}`);
  return text?.replace(/^\uFEFF/, '');
}

async function rawTextIfPresent(directory: Folder, name: string): Promise<string | undefined> {
  if (typeof directory !== 'string') return directory.text(name);
  const { fs, path } = await node();
  return fs.readFile(path.join(directory, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** @returns undefined when there is no such file. */
export async function openFile(directory: Folder, name: string): Promise<ReadableFile | undefined> {
  if (typeof directory !== 'string') return directory.open(name);
  const { fs, path } = await node();
  const handle = await fs.open(path.join(directory, name), 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return undefined;
  const { size } = await handle.stat();
  const readInto = async (target: Uint8Array, begin: number) => {
    let filled = 0;
    while (filled < target.length) {
      const length = Math.min(target.length - filled, MOST_AT_ONCE);
      const { bytesRead } = await handle.read(target, filled, length, begin + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  };
  return {
    size,
    readInto,
    async read(begin, end) {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - begin));
      return bytes.subarray(0, await readInto(bytes, begin));
    },
    close: () => handle.close(),
  };
}

export async function holdsFile(directory: Folder, name: string): Promise<boolean> {
  const opened = await openFile(directory, name);
  await opened?.close();
  return opened !== undefined;
}

/** Writes into a sink what a directory would hold; what it copies is read whole. */
export async function writeIntoSink(
  sink: FileSink,
  fill: (draft: DirectoryDraft) => Promise<void>,
): Promise<void> {
  await fill({
    write: (name, content) => sink.write(name, content),
    create: (name) => sink.create(name),
    async copyFrom(directory, name) {
      const file = await openFile(directory, name);
      if (file === undefined) throw new RangeError(`writeIntoSink: ${directory} has no ${name} any more.`);
      try {
        await sink.write(name, await file.read(0, file.size));
      } finally {
        await file.close();
      }
    },
  });
}

/**
 * Writes a whole directory under a temporary name beside its destination and renames it when complete,
 * so that at any moment the destination is whole or absent.
 *
 * @param overwrite replace a directory that holds files; otherwise that is refused.
 * @param marker    only a directory that holds this file is ever replaced.
 */
export async function writeDirectory(
  directory: string,
  { overwrite, marker }: { readonly overwrite: boolean; readonly marker: string },
  fill: (draft: DirectoryDraft) => Promise<void>,
): Promise<void> {
  const { fs, path } = await node();
  const destination = path.resolve(directory);
  const present = await fs.readdir(destination).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (present.length > 0 && !(overwrite && present.includes(marker))) {
    throw new RangeError(
      `writeDirectory: ${directory} already holds files (${present[0]}${present.length > 1 ? ', …' : ''}); ` +
        `expected a new or empty directory, or overwrite and a ${marker} in it.`,
    );
  }
  await makeDirectories(path.dirname(destination));
  const temporary = await fs.mkdtemp(`${destination}.partial-`);
  try {
    await fill({
      async write(name, content) {
        await fs.writeFile(path.join(temporary, name), content, { flush: true });
      },
      async copyFrom(source, name) {
        await fs.copyFile(path.join(source, name), path.join(temporary, name));
      },
      async create(name) {
        const handle = await fs.open(path.join(temporary, name), 'wx');
        return {
          async append(bytes) {
            for (let done = 0; done < bytes.length; ) {
              done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
            }
          },
          async close() {
            await handle.sync();
            await handle.close();
          },
        };
      },
    });
    // mkdtemp makes a private directory; a model is as readable as what its owner makes otherwise.
    await fs.chmod(temporary, 0o777 & ~process.umask());
    if (present.length > 0) {
      const replaced = await fs.mkdtemp(`${destination}.replaced-`);
      await fs.rename(destination, replaced);
      await fs.rename(temporary, destination);
      await fs.rm(replaced, { recursive: true });
    } else {
      await fs.rename(temporary, destination);
    }
  } catch (error) {
    await fs.rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** One at a time: Node's recursive `mkdir` never comes to an end in /proc. */
async function makeDirectories(directory: string): Promise<void> {
  const { fs, path } = await node();
  const isDirectory = () =>
    fs.stat(directory).then(
      (found) => found.isDirectory(),
      () => false,
    );
  if (await isDirectory()) return;
  if (path.dirname(directory) !== directory) await makeDirectories(path.dirname(directory));
  await fs.mkdir(directory).catch(async (error: unknown) => {
    // Another process may have made it in between.
    if (!(await isDirectory())) throw error;
  });
}

/** Bytes of a file; undefined when there is none. */
export async function fileSize(path: string): Promise<number | undefined> {
  const { fs } = await node();
  return fs.stat(path).then(
    (found) => found.size,
    () => undefined,
  );
}

/** Writes a text file, and the directories above it where they are missing. */
export async function writeText(file: string, text: string): Promise<void> {
  const { fs, path } = await node();
  await makeDirectories(path.dirname(file));
  await fs.writeFile(file, text);
}

/** Appends a stream to a file. */
export async function appendStream(
  file: string,
  stream: ReadableStream<Uint8Array>,
  onBytes: (count: number) => void,
): Promise<void> {
  const { fs, path } = await node();
  await makeDirectories(path.dirname(file));
  const handle = await fs.open(file, 'a');
  try {
    for await (const bytes of stream as unknown as AsyncIterable<Uint8Array>) {
      await handle.appendFile(bytes);
      onBytes(bytes.length);
    }
  } finally {
    await handle.close();
  }
}

export async function renameFile(from: string, to: string): Promise<void> {
  await (await node()).fs.rename(from, to);
}

export async function removeFile(file: string): Promise<void> {
  await (await node()).fs.rm(file, { force: true });
}

/** A relative symbolic link at `link` to `target`; a copy where links are not allowed. */
export async function linkFile(target: string, link: string): Promise<void> {
  const { fs, path } = await node();
  await makeDirectories(path.dirname(link));
  await fs.rm(link, { force: true });
  await fs.symlink(path.relative(path.dirname(link), target), link).catch(() => fs.copyFile(target, link));
}
