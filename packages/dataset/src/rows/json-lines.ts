import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isRecord } from '../is-record.js';
import { messageOf } from '../message-of.js';
import { parseJson } from './parse-json.js';
import { checkIndex, type Row, type RowSource } from './row-source.js';
import { schemaOf } from './value-type.js';

/** A block is what one read fetches: small enough to be cheap, large enough that the index stays small. */
const rowsPerBlock = 64;
const bytesPerBlock = 4 << 20;
const scanBytes = 1 << 20;

/** Where a block starts; it ends where the next one starts. */
interface Block {
  readonly offset: number;
  readonly row: number;
  /** One-based line of its first byte. */
  readonly line: number;
}

/**
 * Opens a file of JSON lines: UTF-8, one object a line, blank lines ignored.
 * Only the place of every 64th row is kept in memory.
 */
export async function openJsonLines(path: string): Promise<RowSource> {
  const file = await open(path, 'r');
  try {
    const { blocks, length, size } = await indexLines(file);
    const source = new JsonLines(path, file, blocks, length, size);
    if (length > 0) {
      const first = await source.read(0);
      if (first.values) source.schema = schemaOf(first.values);
    }
    return source;
  } catch (error) {
    await file.close();
    throw error;
  }
}

class JsonLines implements RowSource {
  readonly name: string;
  readonly format = 'json lines';
  schema: Readonly<Record<string, string>> = {};

  constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly blocks: readonly Block[],
    readonly length: number,
    private readonly size: number,
  ) {
    this.name = basename(path);
  }

  async read(index: number): Promise<Row> {
    checkIndex(this, index);
    const block = this.blockOf(index);
    let row = this.blocks[block]!.row;
    for (const [text, line, valid] of await this.lines(block)) {
      if (row === index) return this.parse(text, index, line, valid);
      row++;
    }
    throw new Error(`${this.path}: row ${index} is gone; the file was changed while it was read`);
  }

  async *rows(): AsyncIterable<Row> {
    let block = 0;
    while (block < this.blocks.length) {
      const start = this.blocks[block]!;
      let next = block + 1;
      while (next < this.blocks.length && this.blocks[next]!.offset - start.offset < scanBytes) next++;
      let { row } = start;
      for (const [text, line, valid] of await this.lines(block, next))
        yield this.parse(text, row++, line, valid);
      block = next;
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private blockOf(row: number): number {
    let low = 0;
    let high = this.blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.blocks[middle]!.row <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The lines of some blocks that are not blank, with their line numbers and whether they are UTF-8. */
  private async lines(block: number, next = block + 1): Promise<[string, number, boolean][]> {
    const { offset, line } = this.blocks[block]!;
    const end = this.blocks[next]?.offset ?? this.size;
    const bytes = Buffer.allocUnsafe(end - offset);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await this.file.read(bytes, filled, bytes.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    const read = bytes.subarray(0, filled);
    const texts = read.toString('utf8').split('\n');
    const valid = isUtf8(read) ? texts.map(() => true) : validLines(read);
    return texts
      .map((each, at): [string, number, boolean] => [each, line + at, valid[at]!])
      .filter(([each]) => !/^[ \t\r]*$/.test(each));
  }

  private parse(text: string, index: number, line: number, valid: boolean): Row {
    const row = { index, number: line, place: `${this.path}:${line}`, folder: dirname(this.path) };
    const broken = (found: string): Row => ({
      ...row,
      problem: {
        row: index + 1,
        place: row.place,
        field: '(whole line)',
        found,
        expected: 'one JSON object on one line',
      },
    });
    if (!valid) return broken('bytes that are not UTF-8');
    let values: unknown;
    try {
      values = parseJson(text);
    } catch (error) {
      return broken(`text that is not JSON (${messageOf(error)})`);
    }
    if (!isRecord(values) || Array.isArray(values)) {
      return broken(`JSON ${Array.isArray(values) ? 'array' : String(JSON.stringify(values)).slice(0, 40)}`);
    }
    return { ...row, values };
  }
}

function validLines(bytes: Buffer): boolean[] {
  const valid: boolean[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const newline = bytes.indexOf(10, from);
    const end = newline === -1 ? bytes.length : newline;
    valid.push(isUtf8(bytes.subarray(from, end)));
    from = end + 1;
  }
  return valid;
}

async function indexLines(file: FileHandle): Promise<{ blocks: Block[]; length: number; size: number }> {
  const chunk = Buffer.allocUnsafe(scanBytes);
  const blocks: Block[] = [];
  let position = 0;
  let row = 0;
  let line = 1;
  let lineStart = 0;
  let blank = true;
  let block: Block = { offset: 0, row: 0, line: 1 };
  const endLine = (next: number): void => {
    if (!blank) row++;
    blank = true;
    line++;
    lineStart = next;
    if (row - block.row >= rowsPerBlock || (next - block.offset >= bytesPerBlock && row > block.row)) {
      blocks.push(block);
      block = { offset: next, row, line };
    }
  };
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) break;
    const view = chunk.subarray(0, bytesRead);
    let from = 0;
    while (from < bytesRead) {
      const newline = view.indexOf(10, from);
      const end = newline === -1 ? bytesRead : newline;
      for (let at = from; blank && at < end; at++) blank = isSpace(view[at]!);
      if (newline === -1) break;
      endLine(position + newline + 1);
      from = newline + 1;
    }
    position += bytesRead;
  }
  if (position > lineStart) endLine(position);
  if (row > block.row) blocks.push(block);
  return { blocks, length: row, size: position };
}

function isSpace(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 13;
}
