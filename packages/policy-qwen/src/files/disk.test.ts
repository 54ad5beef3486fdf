import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('is the only source of this package that names a module of Node, and imports them when needed', async () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const sources = (await readdir(root, { recursive: true })).filter(
    (file) => /(?<!\.test)\.ts$/.test(file) && !file.includes('__fixtures__'),
  );
  expect(sources.length).toBeGreaterThan(20);
  const naming: string[] = [];
  for (const file of sources) {
    const text = await readFile(join(root, file), 'utf8');
    if (/['"](node:|fs['"/]|path['"/])/.test(text)) naming.push(file);
    expect([file, /^import .*node:/m.test(text)]).toEqual([file, false]);
  }
  expect(naming).toEqual([join('files', 'disk.ts')]);
});
