import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

/**
 * Writes a file under a temporary name, flushes it and renames it: readers see the old file or the new one, and a
 * disk that is full leaves the old one. What a link names is written, not the link; what is there and no plain file
 * (a device, a pipe) takes the content as it comes, and is never replaced.
 */
export function writeWholeFile(path: string, content: string | Uint8Array): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile() && !there.isDirectory()) {
    writeFileSync(path, content);
    return;
  }
  const target = there === undefined ? path : realpathSync(path);
  const temporary = `${target}.tmp`;
  try {
    const handle = openSync(temporary, 'w');
    try {
      writeAll(handle, bytesOf(content));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Appends all of it, or, when it cannot be written, leaves the file as it was. */
export function appendWhole(path: string, content: string | Uint8Array): void {
  const handle = openSync(path, 'a');
  const { size } = fstatSync(handle);
  try {
    writeAll(handle, bytesOf(content));
  } catch (error) {
    ftruncateSync(handle, size);
    throw error;
  } finally {
    closeSync(handle);
  }
}

/** A write may take fewer bytes than it is given. */
export function writeAll(handle: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(handle, bytes, written);
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content;
}
