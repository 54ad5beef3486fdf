import { mkdirSync, openAsBlob, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BlobReader, type FileEntry, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js';

/** Unpacks a zip archive. @returns names of its files. */
export async function unpack(archive: string, into: string): Promise<string[]> {
  const reader = new ZipReader(new BlobReader(await openAsBlob(archive)));
  const entries = (await reader.getEntries()).filter((entry): entry is FileEntry => !entry.directory);
  for (const entry of entries) {
    const file = join(into, entry.filename);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, await entry.getData(new Uint8ArrayWriter()));
  }
  await reader.close();
  return entries.map(({ filename }) => filename);
}
