/** Where files go that are written into no directory: an archive, a bucket, memory. */
export interface FileSink {
  /** A whole file. */
  write(name: string, content: string | Uint8Array): Promise<void>;
  /** A file that comes piece by piece; the memory of a piece is used again once `append` has resolved. */
  create(name: string): Promise<{ append(bytes: Uint8Array): Promise<void>; close(): Promise<void> }>;
}
