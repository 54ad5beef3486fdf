/** Folders of which no Markdown file is a page: not documentation, or not of this repository. */
const left = /(^|\/)(node_modules|dist|runs|__fixtures__|models)\/|(^|\/)\.|(^|\/)CHANGELOG\.md$/;

/**
 * Says whether a Markdown file is a page of the site.
 *
 * @param path from the root of the repository.
 * @returns true for READMEs, guides and what else people read.
 */
export function isPage(path: string): boolean {
  return path.endsWith('.md') && !left.test(path);
}

/** The same for the site's builder: patterns of the files that are left out. */
export const leftOut = ['**/{node_modules,dist,runs,__fixtures__,models}/**', '**/.*/**', '**/CHANGELOG.md'];
