import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openParquet, rowCache } from './parquet.js';

// Written by pyarrow (tools/reference/dataset/make_compressed.py).
const file = (name: string) => fileURLToPath(new URL(`../__fixtures__/compressed/${name}`, import.meta.url));
const rows = Array.from({ length: 60 }, (_, i) => ({
  question: `What is ${i} and ${i}? ${'again '.repeat(i % 7)}`,
  answer: String(2 * i),
  path: null,
}));

it.each(['snappy', 'gzip', 'brotli', 'zstd', 'lz4'].flatMap((codec) => [`${codec}-1`, `${codec}-2`]))(
  'reads %s, a column of nulls too',
  async (name) => {
    const source = await openParquet(file(`${name}.parquet`), rowCache());
    const found: unknown[] = [];
    for await (const { values } of source.rows()) found.push(values);
    await source.close();
    expect(found).toEqual(rows);
  },
);
