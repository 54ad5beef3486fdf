// What is to be read in one go stays short: the app wires packages, the method reads as its pseudocode.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { countLines } from './count-lines.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));

it.each([
  ['apps/trainer/src', 4500],
  ['packages/cppo/src/cppo-term.ts', 80],
  ['examples/cppo.ts', 120],
])('%s has at most %d lines', (path, most) => {
  expect(countLines(join(repository, path))).toBeLessThanOrEqual(most);
});

it('counts source below a folder, without tests and fixtures', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cppo-lines-'));
  const write = (path: string, lines: number) => writeFileSync(join(folder, path), 'x;\n'.repeat(lines));
  try {
    mkdirSync(join(folder, 'inner'));
    mkdirSync(join(folder, '__fixtures__'));
    write('a.ts', 3);
    write('inner/b.tsx', 4);
    for (const other of ['a.test.ts', '__fixtures__/c.ts', 'inner/d.md']) write(other, 100);
    expect(countLines(folder)).toBe(7);
    expect(countLines(join(folder, 'a.ts'))).toBe(3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
