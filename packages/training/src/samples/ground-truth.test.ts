import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawSamples, exportParquet } from '@cppo/bench';
import { openDataset } from '@cppo/dataset';
import { expect, it } from 'vitest';
import { withGroundTruth } from './ground-truth.js';

it('an exported sample that is read back says what a built-in one says', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cppo-export-'));
  try {
    const samples = drawSamples({ seed: 4, count: 20, difficulty: [1, 2, 3] });
    const path = join(directory, 'samples.parquet');
    writeFileSync(path, await exportParquet(samples));
    const dataset = await openDataset(path);
    for (const [i, { id, task, question, answer, reference, perception }] of samples.entries()) {
      const read = withGroundTruth(await dataset.read(i));
      expect(read).toMatchObject({ id, task, question, answer, reference, perception });
    }
    await dataset.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it('spans that are not in the reference are not taken', () => {
  const sample = { id: 'a', question: '', answer: '', images: [] };
  const reference = 'I see 3.';
  for (const perception of [undefined, [6], [[6, 7, 8]], [[7, 6]], [[6, 9]], [[0.5, 1]], 'I see']) {
    expect(withGroundTruth({ ...sample, metadata: { reference, perception } }).reference).toBeUndefined();
  }
  expect(withGroundTruth({ ...sample, metadata: { reference, perception: [[6, 7]] } }).perception).toEqual([
    [6, 7],
  ]);
  expect(withGroundTruth(sample)).toEqual(sample);
});
