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
 * Writes a file under a temporary name, flushes it and renames it: readers see the old file or the new one,
 * and a full disk leaves the old one. Follows a link instead of replacing it; writes to a device or pipe
 * directly.
 *
 * @param path of the file.
 * @param content text or bytes.
 * @example
 * const path = join(folder, 'config.json');
 * writeWholeFile(path, '{"steps":3}');
 * findRuns(folder).length; // 1
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

/**
 * Appends to a file completely, or leaves it unchanged when it cannot be written.
 *
 * @param path of the file.
 * @param content text or bytes.
 * @example
 * const path = join(folder, 'lines.jsonl');
 * appendWhole(path, '{"step":1,"loss":0.5}\n');
 * readMetrics(path); // [{ step: 1, loss: 0.5 }]
 */
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

/**
 * Writes all bytes; a single write may accept fewer than it is given.
 *
 * @param handle of an open file.
 * @param bytes to write.
 */
export function writeAll(handle: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(handle, bytes, written);
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content;
}
