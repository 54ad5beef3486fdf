import { open, readFile } from 'node:fs/promises';
import { extname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRecord } from '../is-record.js';
import { messageOf } from '../message-of.js';
import { show } from '../problem.js';
import type { ImageSource } from '../sample.js';

/** A picture of which parts can be read without the rest. */
export interface StoredImage extends ImageSource {
  /** The first bytes and the last ones; enough for a header and an end marker. */
  ends(): Promise<{ head: Uint8Array; tail: Uint8Array; length: number }>;
}

/** Where relative paths lead. */
export interface PictureFolder {
  readonly path: string;
  /** Looked into before the folder. */
  readonly archives?: { find(path: string): StoredImage | undefined } | undefined;
}

/** What a column holds is no picture; the words complete "found … expected …". */
export interface NotAnImage {
  readonly found: string;
  readonly expected: string;
}

const headBytes = 256 << 10;
const tailBytes = 64 << 10;

export function isStored(image: StoredImage | NotAnImage): image is StoredImage {
  return 'bytes' in image;
}

/**
 * Understands every way in which rows hold a picture: a path (absolute, or relative to `folder`), a
 * `file:` or `data:` address, bare base64, raw bytes, or a struct of `bytes` and/or `path` as Hugging Face's image feature
 * writes it.
 */
export function storedImage(value: unknown, folder: PictureFolder, name: string): StoredImage | NotAnImage {
  if (value instanceof Uint8Array) return inMemory(name, () => value);
  if (typeof value === 'string') return fromText(value, folder, name);
  if (isRecord(value)) {
    const { bytes, path, image, url } = value;
    if (bytes instanceof Uint8Array)
      return inMemory(typeof path === 'string' && path !== '' ? path : name, () => bytes);
    if (typeof bytes === 'string') return fromText(bytes, folder, name);
    if (typeof path === 'string') return fromText(path, folder, name);
    if (image !== undefined) return storedImage(image, folder, name);
    if (typeof url === 'string') return fromText(url, folder, name);
  }
  return {
    found: show(value),
    expected: 'a path, a data: address, base64 text, bytes, or a struct of bytes and path',
  };
}

function fromText(text: string, folder: PictureFolder, name: string): StoredImage | NotAnImage {
  if (text.startsWith('data:')) return fromDataAddress(text, name);
  if (/^https?:/.test(text)) {
    return { found: `the web address ${show(text)}`, expected: 'a local file or the bytes themselves' };
  }
  if (text.startsWith('file:')) return inFile(fileURLToPath(text), text);
  if (isBareBase64(text)) return inMemory(name, () => Buffer.from(text, 'base64'));
  if (text.trim() === '')
    return { found: 'an empty path', expected: 'a path, a data: address or base64 text' };
  if (text.length > 4096) {
    return {
      found: `${text.length} characters that are neither a path nor base64 of a picture`,
      expected: 'a path, a data: address or base64 text',
    };
  }
  if (isAbsolute(text)) return inFile(text, text);
  return folder.archives?.find(text) ?? inFile(resolve(folder.path, text), text);
}

function fromDataAddress(text: string, name: string): StoredImage | NotAnImage {
  const comma = text.indexOf(',');
  const head = comma === -1 ? text : text.slice(0, comma);
  if (comma === -1 || !head.endsWith(';base64')) {
    return { found: `the data address ${show(head)}`, expected: 'data:image/…;base64,…' };
  }
  return inMemory(name, () => Buffer.from(text.slice(comma + 1), 'base64'));
}

/** Base64 has no marker of its own; the letters that a picture's first bytes become are one. */
function isBareBase64(text: string): boolean {
  const picture = /^(iVBORw0KGgo|\/9j\/|R0lGOD|UklGR|Qk[0-3]|SUkq|TU0A)/.test(text);
  return picture && text.length >= 48 && extname(text) === '' && /^[A-Za-z0-9+/\r\n]+={0,2}\s*$/.test(text);
}

/** A picture whose bytes are at hand or are read as a whole. */
export function inMemory(name: string, read: () => Uint8Array | Promise<Uint8Array>): StoredImage {
  return {
    name,
    bytes: async () => read(),
    ends: async () => {
      const bytes = await read();
      return {
        head: bytes,
        tail: bytes.subarray(Math.max(0, bytes.length - tailBytes)),
        length: bytes.length,
      };
    },
  };
}

/** @param name the path as the row gives it. */
function inFile(path: string, name: string): StoredImage {
  return {
    name,
    bytes: async () => {
      try {
        return await readFile(path);
      } catch (error) {
        throw new Error(`image ${path} cannot be read (${reasonOf(error)}); expected an image file`);
      }
    },
    ends: async () => {
      const file = await open(path, 'r');
      try {
        const { size } = await file.stat();
        const read = async (from: number, length: number): Promise<Uint8Array> => {
          const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
          return buffer.subarray(0, bytesRead);
        };
        const head = await read(0, Math.min(size, headBytes));
        const tail =
          size <= headBytes
            ? head.subarray(Math.max(0, head.length - tailBytes))
            : await read(size - tailBytes, tailBytes);
        return { head, tail, length: size };
      } finally {
        await file.close();
      }
    },
  };
}

/** `no such file`, `a folder`, or the system's code. */
export function reasonOf(error: unknown): string {
  const code = isRecord(error) ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file';
  if (code === 'EISDIR') return 'a folder';
  return typeof code === 'string' ? code : messageOf(error);
}
