import { checkIndex, type Row, type RowSource } from './row-source.js';

/** Several files of one set, one after the other. */
export class Concatenation implements RowSource {
  readonly length: number;
  private readonly starts: readonly number[];
  /** Whether a file's name tells it from the others. */
  private readonly named: boolean;

  constructor(
    readonly name: string,
    private readonly parts: readonly RowSource[],
  ) {
    const starts: number[] = [];
    let length = 0;
    this.named = new Set(parts.map(({ name: part }) => part)).size === parts.length;
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
    return this.placed(await this.parts[part]!.read(index - start), part);
  }

  async *rows(): AsyncIterable<Row> {
    for (const [at, part] of this.parts.entries()) {
      for await (const row of part.rows()) yield this.placed(row, at);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.parts.map((part) => part.close()));
  }

  private placed(row: Row, part: number): Row {
    const index = row.index + this.starts[part]!;
    const place = this.named ? { file: this.parts[part]!.name } : { number: index + 1 };
    const moved = { ...row, ...place, index };
    return moved.problem ? { ...moved, problem: { ...moved.problem, row: index + 1 } } : moved;
  }
}
