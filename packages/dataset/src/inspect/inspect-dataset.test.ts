import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inspectDataset, inspectionPage } from '../index.js';
import { Tally } from './tally.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../__fixtures__/${name}`, import.meta.url));

describe('inspectDataset', () => {
  it('counts samples, images and what is skipped, by row and reason', async () => {
    const inspection = await inspectDataset(fixture('faulty.parquet'));
    expect(inspection).toMatchObject({ rows: 8, samples: 1, images: 1 });
    expect(inspection.skipped.map(({ row, reason }) => ({ row, reason }))).toContainEqual({
      row: 7,
      reason: 'missing image',
    });
    expect(inspection.skippedByReason).toEqual({
      'undecodable image': 2,
      'no image': 2,
      'broken row': 2,
      'missing image': 1,
    });
    expect(JSON.parse(JSON.stringify(inspection))).toEqual(inspection);
  });

  it('tells schema, layout, lengths, image sizes and formats', async () => {
    const inspection = await inspectDataset(fixture('verl.parquet'));
    expect(inspection.schema).toEqual({
      data_source: 'string',
      prompt: 'list<struct<role, content>>',
      images: 'list<struct<bytes, path>>',
      ability: 'string',
      reward_model: 'struct<style, ground_truth>',
      extra_info: 'struct<split, index, answer, question>',
    });
    expect(inspection.sets[0]).toMatchObject({ layout: 'verl', format: 'parquet', samples: 1 });
    expect(inspection.imageSizes.width).toMatchObject({ count: 2, min: 24, max: 40, mean: 32 });
    expect(inspection.imageFormats).toEqual({ png: 2 });
    expect(inspection.imagesPerSample).toEqual({ 2: 1 });
    expect(inspection.lengths.answer).toMatchObject({
      min: 2,
      max: 2,
      histogram: [{ from: 2, to: 3, count: 1 }],
    });
  });

  it('looks at every set of a mixture', async () => {
    const inspection = await inspectDataset(
      `3*${fixture('mmk12.parquet')} + ${fixture('clevr-count.parquet')}?limit=2`,
    );
    expect(inspection.samples).toBe(4);
    expect(inspection.sets.map(({ layout, weight, rows }) => [layout, weight, rows])).toEqual([
      ['mmk12', 3, 2],
      ['clevr-count', 1, 2],
    ]);
  });

  it('draws a page that stands alone, with pictures and nothing unescaped', async () => {
    const inspection = await inspectDataset(fixture('geometry3k.parquet'), {
      embedImages: true,
      examples: 3,
    });
    expect(inspection.examples).toHaveLength(3);
    const page = inspectionPage(inspection);
    expect(page.match(/<img src="data:image\/png;base64,iVBOR/g)).toHaveLength(3);
    expect(page).toContain('&#60;image&#62;Find x');
    expect(page).not.toMatch(/<image>|src="http|<script/);
  });
});

describe('Tally', () => {
  it('gives exact quantiles', () => {
    const tally = new Tally();
    for (let value = 1; value <= 100; value++) tally.add(value);
    expect(tally.distribution(10)).toMatchObject({
      count: 100,
      min: 1,
      median: 50,
      mean: 50.5,
      p95: 95,
      max: 100,
    });
    expect(tally.distribution(10)!.histogram.map(({ count }) => count)).toEqual(Array(10).fill(10));
    expect(new Tally().distribution()).toBeUndefined();
  });
});
