import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

export interface SidebarItem {
  text: string;
  link?: string;
  collapsed?: boolean;
  items?: SidebarItem[];
}

/** Pages of the guide in the order in which they are read; `docs/` before each. */
const guide = ['tutorial', 'architecture', 'components', 'families', 'notation'];
/** The reference, where it was made. */
const api = 'docs/api/@cppo';
const figures = ['findings', 'full-size', 'profile', 'sizes'];

/**
 * Lists the pages of the site, so that each can be reached from every other.
 *
 * @param repository its root.
 * @returns groups of links, named by the first heading of their pages.
 */
export function sidebar(repository: string): SidebarItem[] {
  const page = (path: string) => ({ text: titleOf(join(repository, path)), link: linkOf(path) });
  const pagesIn = (path: string) =>
    readdirSync(join(repository, path), { recursive: true, encoding: 'utf8' })
      .map((name) => name.split(sep).join('/'))
      .filter((name) => name.endsWith('.md') && name !== 'README.md')
      .sort()
      .map((name) => `${path}/${name}`);
  const folder = (path: string) => pagesIn(path).map(page);
  const others = readdirSync(join(repository, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -'.md'.length))
    .filter((name) => !guide.includes(name) && !figures.includes(name));
  const existing = (names: readonly string[]) =>
    names.filter((name) => existsSync(join(repository, 'docs', `${name}.md`)));
  return [
    {
      text: 'Guide',
      items: [
        { text: 'cppo', link: '/' },
        ...[...existing(guide), ...others].map((name) => page(`docs/${name}.md`)),
        page('CONTRIBUTING.md'),
      ],
    },
    {
      text: 'Packages',
      items: ['apps', 'packages'].flatMap((room) =>
        readdirSync(join(repository, room))
          .map((name) => `${room}/${name}/README.md`)
          .filter((path) => existsSync(join(repository, path)))
          .map(page),
      ),
    },
    ...(existsSync(join(repository, api)) ? [{ text: 'API', items: folder(api) }] : []),
    {
      text: 'Figures',
      items: [
        ...figures.map((name) => page(`docs/${name}.md`)),
        page('docs/results/README.md'),
        ...folder('docs/results'),
        ...folder('docs/archive'),
      ],
    },
    {
      text: 'Decisions',
      collapsed: true,
      items: [page('docs/decisions/README.md'), ...folder('docs/decisions')],
    },
  ];
}

function linkOf(path: string): string {
  return `/${path.replace(/README\.md$/, '').replace(/\.md$/, '')}`;
}

function titleOf(file: string): string {
  const [, title] = /^# +(.+)$/m.exec(readFileSync(file, 'utf8')) ?? [];
  return (title ?? file).replaceAll('`', '').replaceAll('\\', '');
}
