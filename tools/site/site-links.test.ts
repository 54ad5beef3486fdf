// Links between the Markdown files lead somewhere, on GitHub and on the site: to a file or folder that there is, and to a
// heading that is there.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { anchorsIn, linksIn } from './markdown-links.js';
import { isPage } from './pages.js';
import { DeadLink, siteLink } from './site-links.js';
import { slug } from './slug.js';
import reference from './typedoc.mjs';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: repository,
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => isPage(file) && existsSync(join(repository, file)));

it('reads every page', () => {
  expect(files).toContain('README.md');
  expect(files).toContain('docs/architecture.md');
  expect(files).toContain('packages/grpo/README.md');
  expect(files.filter((file) => /CHANGELOG|^\.changeset|node_modules/.test(file))).toEqual([]);
});

it.each(files)('%s: every link leads somewhere', (file) => {
  const page = join(repository, file);
  const text = readFileSync(page, 'utf8');
  const dead = linksIn(text).flatMap(({ href, line }) => {
    const place = `${file}:${line} ${href}`;
    try {
      siteLink(repository, page, href, isPage);
    } catch (error) {
      if (!(error instanceof DeadLink)) throw error;
      return [place];
    }
    return hasAnchor(page, text, href) ? [] : [`${place} (no such heading)`];
  });
  expect(dead).toEqual([]);
});

function hasAnchor(page: string, text: string, href: string): boolean {
  const [path = '', hash] = href.split('#');
  if (hash === undefined || /^[a-z]+:/.test(href)) return true;
  const target = path === '' ? page : resolve(dirname(page), path);
  const file = statSync(target).isDirectory() ? join(target, 'README.md') : target;
  return !file.endsWith('.md') || anchorsIn(path === '' ? text : readFileSync(file, 'utf8')).includes(hash);
}

it('finds links and anchors outside code', () => {
  const markdown = ['# `one` [two](x.md), *three*!', '```', '# no', '[no](no.md)', '```', '# One two, three'];
  expect(anchorsIn(markdown.join('\n'))).toEqual(['one-two-three', 'one-two-three-1']);
  expect(linksIn('[a](b.md#c) `[no](no.md)` ![d](e.png)\n[f]: g.md')).toEqual([
    { href: 'b.md#c', line: 1 },
    { href: 'e.png', line: 1 },
    { href: 'g.md', line: 2 },
  ]);
  expect(slug('Weight λ of the loss, 95 % (I⁺)')).toBe('weight-λ-of-the-loss-95--i');
});

it.each([
  ['README.md', 'docs/architecture.md#the-path', './docs/architecture.md#the-path'],
  ['README.md', 'packages/grpo', './packages/grpo/index.md'],
  ['docs/architecture.md', '../README.md', '../index.md'],
  ['docs/architecture.md', '../packages/grpo/README.md#x', '../packages/grpo/index.md#x'],
  ['docs/architecture.md', '../examples', 'https://github.com/cppo-js/cppo/tree/main/examples'],
  ['README.md', 'examples/cppo.ts', 'https://github.com/cppo-js/cppo/blob/main/examples/cppo.ts'],
  ['README.md', 'https://arxiv.org/abs/2601.00501', 'https://arxiv.org/abs/2601.00501'],
  ['README.md', '#here', '#here'],
])('%s: %s becomes %s', (page, href, expected) => {
  expect(siteLink(repository, join(repository, page), href, isPage)).toBe(expected);
});

it('the reference has every package that is published', () => {
  const packages = ['packages', 'apps'].flatMap((room) =>
    readdirSync(join(repository, room)).map((name) => `${room}/${name}`),
  );
  const published = packages.filter((folder) => {
    const manifest = join(repository, folder, 'package.json');
    return existsSync(manifest) && !('private' in JSON.parse(readFileSync(manifest, 'utf8')));
  });
  const entries = reference.entryPoints.map((entry) => /(?:packages|apps)\/[^/]+/.exec(entry)?.[0] ?? '');
  expect([...new Set(entries)].sort()).toEqual(published.sort());
});

it('refuses a link to nothing', () => {
  const page = join(repository, 'README.md');
  for (const href of ['docs/none.md', '../outside.md', 'packages/none']) {
    expect(() => siteLink(repository, page, href, isPage)).toThrow(
      new DeadLink(`README.md: found a link to ${href}, where there is nothing.`),
    );
  }
});
