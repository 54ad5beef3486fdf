import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { resolveSpec } from './resolve-spec.js';

const base = mkdtempSync(join(tmpdir(), 'cppo-spec-'));
mkdirSync(join(base, 'owner/photos'), { recursive: true });
afterAll(() => rmSync(base, { recursive: true }));

it.each([
  ['a.jsonl', '<base>/a.jsonl'],
  ['2*a.jsonl + 1*b.parquet?limit=5', '2*<base>/a.jsonl + 1*<base>/b.parquet?limit=5'],
  ['a.jsonl?imageRoot=pictures', '<base>/a.jsonl?imageRoot=<base>/pictures'],
  // A folder only where there is one.
  ['owner/photos + owner/name/train', '<base>/owner/photos + owner/name/train'],
  // Left for the reader to refuse.
  ['a.jsonl?colour=red', 'a.jsonl?colour=red'],
])('%s', (spec, expected) => {
  expect(decodeURIComponent(resolveSpec(base, spec))).toBe(expected.replaceAll('<base>', base));
});

it('leaves all as it is in a folder whose name joins sets', () => {
  expect(resolveSpec('/a + b', 'a.jsonl')).toBe('a.jsonl');
});
