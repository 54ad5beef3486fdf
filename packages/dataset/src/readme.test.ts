import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { layoutNames, openDataset, renderPrompt } from './index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

it("prints what the README's example shows", async () => {
  const code = /```js\n([\s\S]*?)```/
    .exec(readme)![1]!
    .replace(/^import .*$/m, '')
    .replace("'src/", `'${root}src/`);
  const shown = /```text\n([\s\S]*?)```/.exec(readme)![1]!;
  const lines: string[] = [];
  const log = (...values: unknown[]): void => {
    lines.push(values.join(' '));
  };
  const run = new Function('openDataset', 'renderPrompt', 'console', `return (async () => {${code}})()`);
  await run(openDataset, renderPrompt, { log });
  expect(`${lines.join('\n')}\n`).toBe(shown);
});

it('names every layout in the README', () => {
  for (const name of layoutNames) expect(readme).toContain(`\`${name}\``);
});
