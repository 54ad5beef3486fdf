import { describe, expect, it } from 'vitest';
import { parseSpec } from './parse-spec.js';

const nothing = (): boolean => false;

describe('parseSpec', () => {
  it('reads hub addresses', () => {
    const location = (text: string) => parseSpec(text, nothing)[0]!.location;
    expect(location('owner/name')).toEqual({ kind: 'hub', repository: 'owner/name', revision: 'main' });
    expect(location('hub:owner/na.me@v1.0:vision/test')).toEqual({
      kind: 'hub',
      repository: 'owner/na.me',
      revision: 'v1.0',
      config: 'vision',
      split: 'test',
    });
    expect(location('MMMU/MMMU_Pro:standard (10 options)/test')).toMatchObject({
      config: 'standard (10 options)',
    });
    expect(location('owner/name/train')).toMatchObject({ split: 'train' });
  });

  it('takes files, and folders that are there, as local', () => {
    const location = (text: string, there = nothing as (path: string) => boolean) =>
      parseSpec(text, there)[0]!.location;
    expect(location('train.jsonl')).toEqual({ kind: 'local', path: 'train.jsonl' });
    expect(location('data/train.parquet')).toEqual({ kind: 'local', path: 'data/train.parquet' });
    expect(location('./owner/name')).toEqual({ kind: 'local', path: './owner/name' });
    expect(location('owner/name', (path) => path === 'owner/name')).toEqual({
      kind: 'local',
      path: 'owner/name',
    });
    expect(location('hub:owner/name', () => true)).toMatchObject({ kind: 'hub' });
    expect(location('a/b?.jsonl', (path) => path === 'a/b?.jsonl')).toEqual({
      kind: 'local',
      path: 'a/b?.jsonl',
    });
  });

  it('reads weights and options', () => {
    expect(parseSpec('2*a.jsonl + 0.5*owner/name/test?limit=10&images=figure', nothing)).toMatchObject([
      { weight: 2, text: 'a.jsonl', options: {} },
      { weight: 0.5, location: { repository: 'owner/name' }, options: { limit: '10', images: 'figure' } },
    ]);
  });

  it('says what is wrong', () => {
    expect(() => parseSpec(' ', nothing)).toThrow('found an empty specification');
    expect(() => parseSpec('0*a.jsonl', nothing)).toThrow('found weight 0');
    expect(() => parseSpec('a.jsonl?limt=3', nothing)).toThrow(
      'found option "limt" in "a.jsonl?limt=3"; expected one of layout',
    );
    expect(() => parseSpec('hub:name', nothing)).toThrow('expected hub:owner/name');
    expect(() => parseSpec('2*', nothing)).toThrow('without a path');
  });
});
