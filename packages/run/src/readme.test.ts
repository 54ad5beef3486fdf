import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import * as library from './index.js';

const readme = fs.readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it("the README's example prints what it says, and leaves what it says", async () => {
  const [, code, output] = /```js\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/.exec(readme)!;
  const root = fs.mkdtempSync(path.join(tmpdir(), 'cppo-readme-'));
  const body = code!
    .replaceAll(/^import (\{[^}]*\}) from '(.*)';$/gm, "const $1 = modules['$2'];")
    .replace("'runs/first'", JSON.stringify(path.join(root, 'first')));
  const modules = { 'node:fs': fs, 'node:path': path, '@cppo/run': library };
  const lines: string[] = [];
  const log = (...values: unknown[]) => lines.push(values.join(' '));
  try {
    await new Function('modules', 'console', `return (async () => {${body}})()`)(modules, { log });
    expect(`${lines.join('\n')}\n`).toBe(output);
    const kept = fs.readdirSync(path.join(root, 'first', 'checkpoints'));
    expect(kept).toEqual(['step-000002', 'step-000003']);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
});
