// Imports between the folders of a workspace lead one way only, those of types too: a folder can be read, tested and
// moved with what it stands on, and without what stands on it.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { arrowsInCircles } from './circles.js';
import { importArrows } from './import-arrows.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const workspaces = ['packages', 'apps'].flatMap((room) =>
  readdirSync(join(repository, room))
    .map((name) => `${room}/${name}`)
    .filter((folder) => existsSync(join(repository, folder, 'src'))),
);

describe('folders', () => {
  it.each(workspaces)('of %s import in one direction', (workspace) => {
    const arrows = arrowsInCircles(importArrows(join(repository, workspace, 'src')));
    expect(arrows.map(({ from, to, example }) => `${from} → ${to} (${example})`)).toEqual([]);
  });

  it('that import each other are found, by values, types and import(), around corners and one in another', () => {
    const files = {
      'index.ts': "export { a } from './a/a.js';",
      'a/a.ts': "import { b } from '../b/b.js';\nexport const a = b;",
      'a/a.test.ts': "import { d } from '../d/d.js';",
      'b/b.ts': "import type { C } from '../b/inner/c.js';\nexport const b: C = 1;",
      'b/inner/c.ts': "export type C = number;\nexport const later = () => import('../../a/a.js');",
      'd/d.ts': "import { a } from '../a/a.js';\nimport { e } from '../e.js';\nexport const d = a + e;",
      'e.ts': 'export const e = 1;',
    };
    const root = mkdtempSync(join(tmpdir(), 'cppo-arrows-'));
    try {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), text);
      }
      const arrows = importArrows(root);
      const drawn = arrows.map(({ from, to }) => `${from} → ${to}`).toSorted();
      expect(drawn).toEqual(['a → b', 'b → b/inner', 'b/inner → a', 'd → a', 'd → e.ts', 'index.ts → a']);
      const circles = arrowsInCircles(arrows).map(({ example }) => example);
      expect(circles.toSorted()).toEqual([
        'a/a.ts → b/b.ts',
        'b/b.ts → b/inner/c.ts',
        'b/inner/c.ts → a/a.ts',
      ]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
