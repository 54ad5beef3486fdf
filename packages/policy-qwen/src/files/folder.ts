import type { ReadableFile } from './readable-file.js';

/** Files that lie in no directory of this machine: behind an address, or in memory. */
export interface FileFolder {
  /** Names of the files that matter here. */
  list(): Promise<string[]>;
  /** The content of a text file; undefined when there is no such file. */
  text(name: string): Promise<string | undefined>;
  /** @returns undefined when there is no such file. */
  open(name: string): Promise<ReadableFile | undefined>;
  /** What it is called in messages. */
  toString(): string;
}

/** The path of a directory, or files that lie elsewhere. */
export type Folder = string | FileFolder;
