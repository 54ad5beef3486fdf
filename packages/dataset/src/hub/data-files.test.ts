import { describe, expect, it } from 'vitest';
import { dataFiles } from './data-files.js';

const at = { kind: 'hub', repository: 'owner/name', revision: 'main' } as const;

describe('dataFiles', () => {
  it('goes by the card: several configurations, lists of patterns, folders with blanks', () => {
    const card = `---
configs:
- config_name: standard (10 options)
  data_files: [{ split: test, path: "standard (10 options)/test-*" }]
- config_name: vision
  data_files: [{ split: test, path: ["vision/test-0*", "vision/test-1*"] }]
---`;
    const paths = ['standard (10 options)/test-0.parquet', 'vision/test-1.parquet', 'vision/test-0.parquet'];
    expect(dataFiles({ ...at, config: 'vision' }, card, paths)).toEqual([
      'vision/test-0.parquet',
      'vision/test-1.parquet',
    ]);
    expect(() => dataFiles(at, card, paths)).toThrow('expected one of standard (10 options), vision');
  });

  it('guesses by names without a card', () => {
    const paths = [
      'README.md',
      'dataset_info.json',
      'a/train-0.parquet',
      'a/train-1.parquet',
      'a/test.parquet',
      'b/train.jsonl',
    ];
    expect(dataFiles(at, undefined, paths)).toEqual(['a/train-0.parquet', 'a/train-1.parquet']);
    expect(dataFiles({ ...at, split: 'test' }, 'no front matter', paths)).toEqual(['a/test.parquet']);
    expect(dataFiles({ ...at, config: 'b' }, undefined, paths)).toEqual(['b/train.jsonl']);
    expect(dataFiles(at, undefined, ['everything.parquet'])).toEqual(['everything.parquet']);
    expect(() => dataFiles({ ...at, split: 'tes' }, undefined, paths)).toThrow('a/test.parquet');
  });
});
