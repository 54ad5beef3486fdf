import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BlockCache } from './block-cache.js';
import { openParquet, rowCache } from './parquet.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../__fixtures__/${name}`, import.meta.url));

describe('openParquet', () => {
  it('reads the same rows in parts of a row group as in whole ones', async () => {
    const whole = await openParquet(fixture('text.parquet'), rowCache());
    const parts = await openParquet(fixture('text.parquet'), rowCache(), { whole: 100, part: 1000 });
    for (const index of [0, 1, 499, 500, 2501, 4999]) {
      expect((await parts.read(index)).values).toEqual((await whole.read(index)).values);
      expect((await parts.read(index)).values).toMatchObject({ answer: String(index) });
    }
    const answers: unknown[] = [];
    for await (const { values } of parts.rows()) answers.push(values!.answer);
    expect(answers).toEqual(Array.from({ length: 5000 }, (_, row) => String(row)));
    await whole.close();
    await parts.close();
  });

  it('reads only the columns that are asked for', async () => {
    const rows = await openParquet(fixture('mathvista.parquet'), rowCache());
    rows.select(['question', 'metadata', 'no such column']);
    expect(Object.keys((await rows.read(0)).values!)).toEqual(['question', 'metadata']);
    await rows.close();
  });
});

describe('BlockCache', () => {
  it('drops the block used longest ago when it is full', async () => {
    const cache = new BlockCache<string>(10);
    const reads: string[] = [];
    const get = (key: string, bytes = 4): Promise<string> =>
      cache.get(key, bytes, async () => {
        reads.push(key);
        return key;
      });
    await get('a');
    await get('b');
    await get('a');
    await get('c');
    await get('a');
    await get('b');
    expect(reads).toEqual(['a', 'b', 'c', 'b']);
    // Larger than the whole cache: kept while it is the last one.
    await get('large', 99);
    await get('large', 99);
    await get('a');
    expect(reads.slice(4)).toEqual(['large', 'a']);
  });

  it('forgets a read that failed', async () => {
    const cache = new BlockCache<string>(10);
    await expect(cache.get('a', 1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await cache.get('a', 1, async () => 'yes')).toBe('yes');
  });
});
