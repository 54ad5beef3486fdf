import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { drawSamples } from '../tasks/draw-samples.js';
import { exportJsonLines } from './json-lines.js';
import { exportParquet } from './parquet.js';

const samples = drawSamples({ seed: 6, count: 12, difficulty: [1, 2, 3] });

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('exportJsonLines', () => {
  it('gives each picture and, last, one row for each sample', async () => {
    const files = await collected(exportJsonLines(samples));
    const rows = new TextDecoder()
      .decode(files.at(-1)?.bytes)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.map(({ images }) => images[0])).toEqual(files.slice(0, -1).map(({ path }) => path));
    expect(rows.map(({ question, answer }) => [question, answer])).toEqual(
      samples.map(({ question, answer }) => [question, answer]),
    );
    expect(
      rows[0].perception.map(([start, end]: [number, number]) => rows[0].reference.slice(start, end)),
    ).toEqual(samples[0]?.perception.map(([start, end]) => samples[0]?.reference.slice(start, end)));
    expect(files[0]?.bytes).toEqual(await samples[0]?.image.png());
  });
});

describe('exportParquet', () => {
  it('is read back with its pictures, and says which column holds them', async () => {
    const file = (await exportParquet(samples)).slice().buffer;
    const rows = await parquetReadObjects({ file, utf8: false });
    expect(rows).toHaveLength(12);
    for (const [i, sample] of samples.entries()) {
      const row = rows[i] as Record<string, unknown>;
      expect(row.question).toBe(sample.question);
      expect(row.answer).toBe(sample.answer);
      expect(row.difficulty).toBe(sample.difficulty);
      expect(row.perception).toEqual(sample.perception);
      expect(JSON.parse(row.scene as string)).toEqual(sample.scene);
      const [image] = row.images as { bytes: Uint8Array; path: string }[];
      expect(image?.path).toBe(`${sample.id}.png`);
      expect(image?.bytes).toEqual(await sample.image.png());
    }
    const metadata = parquetMetadata(file).key_value_metadata?.find(({ key }) => key === 'huggingface');
    expect(JSON.parse(metadata?.value as string).info.features.images).toEqual([{ _type: 'Image' }]);
  });
});
