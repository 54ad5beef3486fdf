import type { Row, RowSource } from './row-source.js';

/** The first rows of a source. */
export class FirstRows implements RowSource {
  readonly length: number;

  constructor(
    private readonly source: RowSource,
    limit: number,
  ) {
    this.length = Math.min(limit, source.length);
  }

  get name(): string {
    return this.source.name;
  }

  get format(): RowSource['format'] {
    return this.source.format;
  }

  get schema(): Readonly<Record<string, string>> {
    return this.source.schema;
  }

  select(columns: readonly string[]): void {
    this.source.select?.(columns);
  }

  read(index: number): Promise<Row> {
    return this.source.read(index);
  }

  async *rows(): AsyncIterable<Row> {
    if (this.length === 0) return;
    for await (const row of this.source.rows()) {
      yield row;
      if (row.index === this.length - 1) return;
    }
  }

  close(): Promise<void> {
    return this.source.close();
  }
}
