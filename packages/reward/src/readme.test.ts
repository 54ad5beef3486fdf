import { readFileSync } from 'node:fs';
import { format } from 'node:util';
import { expect, it } from 'vitest';
import * as reward from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it("the README's example prints what it says", async () => {
  const [, code, output] = /```ts\n(import[\s\S]*?)```\n\nprints\n\n```\n([\s\S]*?)```/.exec(readme)!;
  const [, names, body] = /^import \{ (.*) \} from '@cppo\/reward';\n([\s\S]*)$/.exec(code!)!;
  const lines: string[] = [];
  const run = new Function(
    'library',
    'console',
    `return (async () => { const { ${names} } = library;\n${body} })()`,
  );
  await run(reward, { log: (...values: unknown[]) => lines.push(format(...values)) });
  expect(lines.join('\n')).toBe(output!.trimEnd());
});

it('the README names every function and the defaults', () => {
  for (const [name, value] of Object.entries(reward))
    expect(readme).toContain(typeof value === 'function' ? `\`${name}(` : `\`${name}\``);
});
