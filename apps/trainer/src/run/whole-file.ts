import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';

/** Writes a file under a temporary name, flushes it and renames it: readers see the old file or the new one. */
export function writeWholeFile(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.tmp`;
  const handle = openSync(temporary, 'w');
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (let written = 0; written < bytes.length; ) written += writeSync(handle, bytes, written);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, path);
}
