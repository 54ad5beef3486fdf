import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { drawSamples, readChain } from './index.js';

it('README shows what its example prints', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const shown = /\n```\n(What is [^`]*)```/.exec(readme)![1]!;
  const [sample] = drawSamples({ tasks: ['digits'], seed: 1, count: 1 });
  const { question, reference, perception, image } = sample!;
  const lines = shown.split('\n');
  expect(lines[0]).toBe(question);
  expect(lines[1]).toBe(reference);
  expect(lines[2]).toBe(
    `[ ${perception.map(([start, end]) => `'${reference.slice(start, end)}'`).join(', ')} ]`,
  );
  expect(lines[3]).toBe(`${(await image.png()).length} bytes of PNG, the same on every machine`);
  const reply = /const reply = '(.*)';/.exec(readme)![1]!.replace('\\\\', '\\');
  const printed = readChain(reply, reference, perception)!.map(
    ({ expected, found, span }) =>
      `  { expected: '${expected}', found: '${found}', span: [ ${span.join(', ')} ] }`,
  );
  expect(lines.slice(4, 8).join('\n')).toBe(`[\n${printed.join(',\n')}\n]`);
});
