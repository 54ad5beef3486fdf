import { readdirSync, readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { encodePng, invert, seededRandom } from './index.js';

vi.mock('sharp', () => {
  throw new Error('not here');
});

const sources = readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('__fixtures__'),
);

it('works without sharp, but for files', async () => {
  const image = { width: 1, height: 1, data: Uint8Array.of(0, 1, 2) };
  expect([...invert()(image, seededRandom(1)).data]).toEqual([255, 254, 253]);
  await expect(encodePng(image)).rejects.toThrow('encodePng: the npm package sharp did not load');
});

it('touches sharp in one file, and Node in none', () => {
  const importing = (pattern: RegExp) =>
    sources.filter((name) => pattern.test(readFileSync(new URL(name, import.meta.url), 'utf8')));
  expect(sources.length).toBeGreaterThan(20);
  expect(importing(/['"]sharp['"]/)).toEqual(['codec.ts']);
  expect(importing(/['"]node:|\bBuffer\b|\bprocess\./)).toEqual([]);
});
