import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as entropyDetect from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it("the README's example prints what it says", () => {
  const [, code, output] = /```ts\n(import[\s\S]*?)```\n\nprints\n\n```\n([\s\S]*?)```/.exec(readme)!;
  const [, names, body] = /^import \{ (.*) \} from '@cppo\/entropy-detect';\n([\s\S]*)$/.exec(code!)!;
  const lines: string[] = [];
  new Function('entropyDetect', 'console', `const { ${names} } = entropyDetect;\n${body}`)(entropyDetect, {
    log: (line: string) => lines.push(line),
  });
  expect(lines.join('\n')).toBe(output!.trimEnd());
});

it('the README names every function and preset', () => {
  const presets = Object.keys(entropyDetect.detectionPresets);
  for (const name of [...Object.keys(entropyDetect), ...presets]) expect(readme).toContain(`\`${name}`);
});
