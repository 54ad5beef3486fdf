// Prose in Markdown is wrapped, so that a change of a sentence is a change of its lines.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { longLines, width } from './long-lines.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));

/** Files that programs write, or that others wrote. */
const written = /(^|\/)(CHANGELOG\.md$|\.changeset\/(?!README)|docs\/results\/|__fixtures__\/|vendor\/)/;

it('is at most 100 characters wide', () => {
  const listed = execFileSync('git', ['ls-files', '-z', '*.md'], { cwd: repository, encoding: 'utf8' });
  const files = listed.split('\0').filter((file) => file !== '' && !written.test(file));
  expect(files).toContain('README.md');
  const long = files
    .filter((file) => existsSync(join(repository, file)))
    .flatMap((file) =>
      longLines(readFileSync(join(repository, file), 'utf8')).map((line) => `${file}:${line}`),
    );
  expect(long).toEqual([]);
});

it('counts prose only', () => {
  const long = 'word '.repeat(25).trim();
  expect(long.length).toBeGreaterThan(width);
  expect(longLines(`short\n${long}\n- ${long}`)).toEqual([2, 3]);
  expect(longLines(`# ${long}\n| ${long} |\n\`\`\`\n${long}\n\`\`\``)).toEqual([]);
  expect(longLines(`see [the log](https://example.com/${'a'.repeat(100)})`)).toEqual([]);
  expect(longLines(`\`\`\`\ncode\n\`\`\`\n${long}`)).toEqual([4]);
});
