/** A file open for reading ranges. */
export interface ReadableFile {
  readonly size: number;
  /** Bytes [begin, end); fewer when the file ends before. */
  read(begin: number, end: number): Promise<Uint8Array>;
  /** Fills `target` from byte `begin` on. @returns bytes read; fewer when the file ends before. */
  readInto(target: Uint8Array, begin: number): Promise<number>;
  close(): Promise<void>;
}

/** A file whose ranges some function gives. */
export function readableFile(size: number, read: ReadableFile['read'], close = () => {}): ReadableFile {
  return {
    size,
    read,
    async readInto(target, begin) {
      const bytes = await read(begin, Math.min(begin + target.length, size));
      target.set(bytes);
      return bytes.length;
    },
    close: async () => close(),
  };
}
