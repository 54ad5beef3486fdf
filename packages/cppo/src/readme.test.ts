import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import * as cppo from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it("the README's example prints what it says", async () => {
  await tf.setBackend('cpu');
  const [, code, output] = /```ts\n(import[\s\S]*?)```\n\nprints\n\n```\n([\s\S]*?)```/.exec(readme)!;
  const [, names, body] = /import \{ (.*) \} from '@cppo\/cppo';\n([\s\S]*)$/.exec(code!)!;
  const lines: string[] = [];
  const run = new Function(
    'tf',
    'cppo',
    'console',
    `const { ${names} } = cppo;\nreturn (async () => {\n${body}})();`,
  );
  await run(tf, cppo, { log: (line: string) => lines.push(line) });
  expect(lines.join('\n')).toBe(output!.trimEnd());
});

it('the README names every function and option', () => {
  for (const name of Object.keys(cppo)) expect(readme).toContain(`\`${name}`);
  const options = readFileSync(new URL('./cppo-options.ts', import.meta.url), 'utf8');
  const names = [...options.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name]) => name!);
  expect(names).toContain('coefficient');
  for (const name of names) expect(readme).toContain(`| \`${name}\` |`);
});
