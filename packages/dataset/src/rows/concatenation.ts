import { checkIndex, type Row, type RowSource } from './row-source.js';

/** Several files of one set, one after the other. */
export class Concatenation implements RowSource {
  readonly length: number;
  private readonly starts: readonly number[];

  constructor(
    readonly name: string,
    private readonly parts: readonly RowSource[],
  ) {
    const starts: number[] = [];
    let length = 0;
    for (const part of parts) {
      starts.push(length);
      length += part.length;
    }
    this.starts = starts;
    this.length = length;
  }

  get format(): RowSource['format'] {
    return this.parts[0]!.format;
  }

  get schema(): Readonly<Record<string, string>> {
    return Object.assign({}, ...this.parts.map((part) => part.schema)) as Record<string, string>;
  }

  select(columns: readonly string[]): void {
    for (const part of this.parts) part.select?.(columns);
  }

  async read(index: number): Promise<Row> {
    checkIndex(this, index);
    let part = this.parts.length - 1;
    while (this.starts[part]! > index) part--;
    const start = this.starts[part]!;
    return shifted(await this.parts[part]!.read(index - start), start);
  }

  async *rows(): AsyncIterable<Row> {
    for (const [at, part] of this.parts.entries()) {
      for await (const row of part.rows()) yield shifted(row, this.starts[at]!);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.parts.map((part) => part.close()));
  }
}

function shifted(row: Row, by: number): Row {
  const index = row.index + by;
  return row.problem ? { ...row, index, problem: { ...row.problem, row: index } } : { ...row, index };
}
