import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from './index.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes in use after collection: what is held, not what is waiting to be freed. */
function held(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const megabyte = 2 ** 20;

describe('memory does not grow with a set', { timeout: 300_000 }, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'million-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Opens a set and reads from it in random order. */
  async function heldBy(spec: string, rows: number, question: (id: number) => string): Promise<number> {
    const before = held();
    let most = 0;
    let looked = 0;
    const probe = (): boolean => {
      if (++looked % (rows / 4) === 0) most = Math.max(most, held() - before);
      return true;
    };
    const set = await openDataset(spec, { images: 'optional', filters: [{ name: 'probe', keep: probe }] });
    expect(set.length).toBe(rows);
    expect(looked).toBe(rows);
    most = Math.max(most, held() - before);
    let read = 0;
    for await (const sample of set.iterate({ seed: 1, start: rows - 1000 })) {
      expect(sample.question).toBe(question(Number(sample.answer)));
      if (++read % 250 === 0) most = Math.max(most, held() - before);
    }
    expect(read).toBe(1000);
    await set.close();
    return most;
  }

  it('a million JSON lines', async () => {
    const path = join(folder, 'rows.jsonl');
    const file = openSync(path, 'w');
    for (let row = 0; row < 1_000_000; row += 1000) {
      const lines = Array.from(
        { length: 1000 },
        (_, at) => `{"question":"Which? ${row + at}","answer":${row + at}}\n`,
      );
      writeSync(file, lines.join(''));
    }
    closeSync(file);
    // The rows as objects would take some 200 MB; the index of blocks takes 2.
    expect(await heldBy(path, 1_000_000, (id) => `Which? ${id}`)).toBeLessThan(16 * megabyte);
  });

  it('fifty parquet files, as many caches as one', async () => {
    const text = fileURLToPath(new URL('./__fixtures__/text.parquet', import.meta.url));
    for (let part = 0; part < 50; part++) symlinkSync(text, join(folder, `part-${1000 + part}.parquet`));
    // The metadata of five hundred row groups stays, and some decoded ones.
    expect(
      await heldBy(join(folder, 'part-*.parquet'), 250_000, () => 'What number stands here?'),
    ).toBeLessThan(32 * megabyte);
  });
});
