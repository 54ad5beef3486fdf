import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import {
  type AsyncBuffer,
  type FileMetaData,
  type ParquetParsers,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { BlockCache } from './block-cache.js';
import { decompressors } from './decompressors.js';
import { exactValue, keepDecimals, rawParsers } from './exact-values.js';
import { parseJson } from './parse-json.js';
import { checkIndex, type Row, type RowSource } from './row-source.js';

/** Decoded rows that a set keeps: several row groups of pictures, or one large group of text. */
const cacheBytes = 256 << 20;
/** A row group larger than `whole` is read in parts of about `part` bytes. */
interface BlockSizes {
  readonly whole: number;
  readonly part: number;
}
const blockSizes: BlockSizes = { whole: cacheBytes, part: 64 << 20 };

/** Decoded blocks by file and first row. */
export type RowCache = BlockCache<readonly Record<string, unknown>[]>;

/** One for all files of a set. */
export function rowCache(): RowCache {
  return new BlockCache(cacheBytes);
}

/** Rows read at once: a row group, or a part of a very large one. */
interface Block {
  readonly start: number;
  readonly end: number;
  /** Uncompressed size of the columns in use. */
  readonly bytes: number;
}

/**
 * Opens a parquet file (uncompressed, snappy, gzip, zstd, brotli, lz4). Row groups are read when one of their rows is
 * asked for, and forgotten again.
 *
 * @throws TypeError when the file is not parquet.
 */
export async function openParquet(path: string, cache: RowCache, sizes = blockSizes): Promise<ParquetRows> {
  const file = await open(path, 'r');
  try {
    const buffer = asyncBuffer(file, (await file.stat()).size);
    const metadata = await parquetMetadataAsync(buffer).catch((error: Error) => {
      throw new TypeError(
        `openDataset: found ${path}, which is not parquet (${error.message}); expected a parquet file`,
      );
    });
    return new ParquetRows(path, file, buffer, metadata, cache, sizes);
  } catch (error) {
    await file.close();
    throw error;
  }
}

export class ParquetRows implements RowSource {
  readonly name: string;
  readonly format = 'parquet';
  readonly length: number;
  readonly schema: Readonly<Record<string, string>>;
  private blocks: readonly Block[];
  private columns: readonly string[] | undefined;
  private readonly tree: SchemaTree;
  private readonly scales: ReturnType<typeof keepDecimals>;

  constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly buffer: AsyncBuffer,
    private readonly metadata: FileMetaData,
    private readonly cache: RowCache,
    private readonly sizes: BlockSizes,
  ) {
    this.name = basename(path);
    this.length = Number(metadata.num_rows);
    this.schema = Object.fromEntries(
      parquetSchema(metadata).children.map((column) => [column.element.name, columnType(column)]),
    );
    this.blocks = planBlocks(metadata, undefined, sizes);
    this.tree = parquetSchema(metadata);
    this.scales = keepDecimals(metadata.schema);
  }

  /** From now on only these columns are read. */
  select(columns: readonly string[]): void {
    this.columns = Object.keys(this.schema).filter((name) => columns.includes(name));
    this.blocks = planBlocks(this.metadata, this.columns, this.sizes);
  }

  async read(index: number): Promise<Row> {
    checkIndex(this, index);
    const block = this.blockOf(index);
    const rows = await this.cache.get(`${this.path}:${block.start}`, block.bytes, () =>
      this.readBlock(block),
    );
    return this.row(rows[index - block.start]!, index);
  }

  async *rows(): AsyncIterable<Row> {
    for (const block of this.blocks) {
      const rows = await this.readBlock(block);
      for (const [at, values] of rows.entries()) yield this.row(values, block.start + at);
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private row(values: Record<string, unknown>, index: number): Row {
    const number = index + 1;
    return { index, number, place: `${this.path}:${number}`, folder: dirname(this.path), values };
  }

  private blockOf(index: number): Block {
    let low = 0;
    let high = this.blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.blocks[middle]!.start <= index) low = middle;
      else high = middle - 1;
    }
    return this.blocks[low]!;
  }

  private async readBlock(block: Block): Promise<Record<string, unknown>[]> {
    const rows = await parquetReadObjects({
      file: this.buffer,
      metadata: this.metadata,
      compressors: decompressors,
      rowStart: block.start,
      rowEnd: block.end,
      // Byte columns hold pictures: only columns marked as text are to become text.
      utf8: false,
      parsers,
      useOffsetIndex: true,
      ...(this.columns && { columns: [...this.columns] }),
    }).catch((error: Error) => {
      throw new Error(
        `${this.path}: rows ${block.start + 1} to ${block.end} cannot be read (${error.message})`,
      );
    });
    return rows.map((row) => exactValue(row, this.tree, this.scales) as Record<string, unknown>);
  }
}

function planBlocks(
  metadata: FileMetaData,
  columns: readonly string[] | undefined,
  sizes: BlockSizes,
): Block[] {
  const blocks: Block[] = [];
  let start = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    let bytes = 0;
    for (const { meta_data: chunk } of group.columns) {
      if (chunk && (!columns || columns.includes(chunk.path_in_schema[0]!))) {
        bytes += Number(chunk.total_uncompressed_size);
      }
    }
    const parts = bytes > sizes.whole ? Math.min(rows, Math.ceil(bytes / sizes.part)) : 1;
    for (let part = 0; part < parts; part++) {
      const from = Math.floor((rows * part) / parts);
      const to = Math.floor((rows * (part + 1)) / parts);
      if (to > from) blocks.push({ start: start + from, end: start + to, bytes: Math.ceil(bytes / parts) });
    }
    start += rows;
  }
  return blocks;
}

function asyncBuffer(file: FileHandle, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    slice: async (start, end = byteLength) => {
      const bytes = new Uint8Array(end - start);
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
        if (bytesRead === 0) throw new RangeError(`the file ends at byte ${start + filled}`);
        filled += bytesRead;
      }
      return bytes.buffer;
    },
  };
}

/** Parses columns of JSON; malformed values stay text, and are reported when used. */
const parsers = {
  ...rawParsers,
  jsonFromBytes: (bytes: Uint8Array | undefined) => {
    const text = bytes && new TextDecoder().decode(bytes);
    try {
      return text === undefined ? undefined : parseJson(text);
    } catch {
      return text;
    }
  },
} as unknown as Partial<ParquetParsers>;

/** `string`, `list<struct<bytes, path>>`, … */
function columnType({ element, children }: SchemaTree): string {
  if (children.length === 0) {
    if (element.converted_type === 'UTF8' || element.logical_type?.type === 'STRING') return 'string';
    if (element.converted_type === 'DECIMAL' || element.logical_type?.type === 'DECIMAL') return 'number';
    if (element.converted_type === 'DATE' || element.logical_type?.type === 'DATE') return 'date';
    switch (element.type) {
      case 'BOOLEAN':
        return 'boolean';
      case 'BYTE_ARRAY':
      case 'FIXED_LEN_BYTE_ARRAY':
        return element.converted_type === 'JSON' ? 'json' : 'bytes';
      default:
        return element.logical_type?.type === 'TIMESTAMP' ? 'date' : 'number';
    }
  }
  if (element.converted_type === 'LIST' || element.logical_type?.type === 'LIST') {
    const item = children[0]?.children[0] ?? children[0];
    return `list<${item ? columnType(item) : 'null'}>`;
  }
  return `struct<${children.map((child) => child.element.name).join(', ')}>`;
}
