import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as perturb from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it("the README's example prints what it says", () => {
  const [, code, output] = /```ts\n(import[\s\S]*?)```\n\nprints\n\n```\n([\s\S]*?)```/.exec(readme)!;
  const [, names, body] = /^import \{ (.*) \} from '@cppo\/perturb';\n([\s\S]*)$/.exec(code!)!;
  const lines: string[] = [];
  new Function('perturb', 'console', `const { ${names} } = perturb;\n${body}`)(perturb, {
    log: (line: string) => lines.push(line),
  });
  expect(lines.join('\n')).toBe(output!.trimEnd());
});

it("the README's configurations are accepted", () => {
  const [, code] = /## From a configuration\n\n```ts\n([\s\S]*?)```/.exec(readme)!;
  const { createPerturbation, createPreset } = perturb;
  expect(() =>
    new Function('createPerturbation', 'createPreset', code!)(createPerturbation, createPreset),
  ).not.toThrow();
});

it('the README names every perturbation and preset', () => {
  for (const name of [...perturb.perturbationNames, ...perturb.presetNames])
    expect(readme).toContain(`\`${name}`);
});
