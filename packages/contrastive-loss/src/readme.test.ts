import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import * as contrastiveLoss from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it("the README's example prints what it says", async () => {
  await tf.setBackend('cpu');
  const [, code, output] = /```ts\n(import[\s\S]*?)```\n\nprints\n\n```\n([\s\S]*?)```/.exec(readme)!;
  const [, names, body] = /import \{ (.*) \} from '@cppo\/contrastive-loss';\n([\s\S]*)$/.exec(code!)!;
  const lines: string[] = [];
  new Function('tf', 'contrastiveLoss', 'console', `const { ${names} } = contrastiveLoss;\n${body}`)(
    tf,
    contrastiveLoss,
    { log: (line: string) => lines.push(line) },
  );
  expect(lines.join('\n')).toBe(output!.trimEnd());
});

it('the README names every function, preset and distance', () => {
  const presets = Object.keys(contrastiveLoss.contrastiveLossPresets);
  for (const name of [...Object.keys(contrastiveLoss), ...presets]) expect(readme).toContain(`\`${name}`);
  for (const distance of ['kl', 'k3', 'k1', 'js']) expect(readme).toContain(`\`'${distance}'\``);
});
