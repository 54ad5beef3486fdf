import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** Where files that are no pages can be looked at. */
const source = 'https://github.com/cppo-js/cppo';

/** A link that leads nowhere. */
export class DeadLink extends Error {}

/**
 * Translates a link between files of the repository into one between pages of the site. READMEs are the pages of their
 * folders; what is no page is shown where its source is.
 *
 * @param repository its root.
 * @param page file in which the link stands.
 * @param href as it is written.
 * @param isPage whether a Markdown file, by its path from the root, is a page of the site.
 * @returns the link of the site.
 * @throws DeadLink when there is nothing at its end.
 */
export function siteLink(
  repository: string,
  page: string,
  href: string,
  isPage: (path: string) => boolean,
): string {
  if (/^[a-z][\w+.-]*:|^#/i.test(href)) return href;
  const [path = '', hash] = href.split('#');
  const target = resolve(dirname(page), decodeURI(path));
  const fromRoot = relative(repository, target).split(sep).join('/');
  if (fromRoot.startsWith('..') || !existsSync(target)) {
    throw new DeadLink(`${relative(repository, page)}: found a link to ${href}, where there is nothing.`);
  }
  const ending = hash === undefined ? '' : `#${hash}`;
  const isFolder = statSync(target).isDirectory();
  const asPage = isFolder ? join(fromRoot, 'README.md').split(sep).join('/') : fromRoot;
  if (!isPage(asPage) || !existsSync(join(repository, asPage)))
    return `${source}/${isFolder ? 'tree' : 'blob'}/main/${fromRoot}${ending}`;
  const shown = relative(dirname(page), join(repository, sitePage(asPage)))
    .split(sep)
    .join('/');
  return `${shown.startsWith('.') ? '' : './'}${shown}${ending}`;
}

/** Where a Markdown file stands on the site. */
export function sitePage(path: string): string {
  return path.replace(/(^|\/)README\.md$/, '$1index.md');
}
