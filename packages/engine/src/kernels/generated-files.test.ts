import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from './generated-files.js';
import { jobs } from './jobs.js';

const committed = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('the files made from the descriptions of kernels', () => {
  it.each(Object.entries(generatedFiles()))('are current: %s', async (path, text) => {
    expect(await committed(path)).toBe(text);
  });

  it('have the fields of every job in the order in which they are written', async () => {
    const assembly = await committed('assembly/layouts.ts');
    const fieldsOf = (name: string): string[] => {
      const [, base, body] = new RegExp(`class ${name}(?: extends (\\w+))? \\{\n(.*?)\n\\}`, 's').exec(
        assembly,
      )!;
      const own = [...body!.matchAll(/^ {2}(\w+): \w+;$/gm)].map(([, field]) => field!);
      return [...(base ? fieldsOf(base) : []), ...own];
    };
    for (const { name, fields } of Object.values(jobs))
      expect([name, fieldsOf(name)]).toEqual([name, [...fields.keys()]]);
  });
});
