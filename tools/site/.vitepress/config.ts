import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { isPage, leftOut } from '../pages.js';
import { sidebar } from '../sidebar.js';
import { siteLink, sitePage } from '../site-links.js';
import { slug } from '../slug.js';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** The site: every Markdown file of the repository that people read, as it stands, and the reference in `docs/api`. */
export default defineConfig({
  title: 'cppo',
  description: 'Reinforcement fine-tuning of vision-language models in TypeScript',
  // No picture of its own, so that none is asked for.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  srcDir: repository,
  srcExclude: leftOut,
  outDir: fileURLToPath(new URL('../dist', import.meta.url)),
  cacheDir: fileURLToPath(new URL('../../../node_modules/.cache/vitepress', import.meta.url)),
  rewrites: sitePage,
  themeConfig: {
    sidebar: sidebar(repository),
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: 'https://github.com/cppo-js/cppo' }],
  },
  markdown: {
    // Text is text: what looks like an element, an address or attributes is meant to be read.
    html: false,
    linkify: false,
    attrs: { disable: true },
    anchor: { slugify: slug },
    config(markdown) {
      // The reference marks rows of tables with elements of their own.
      markdown.core.ruler.before('normalize', 'row-marks', (state) => {
        state.src = state.src.replace(/<a id="[^"]*"><\/a> /g, '');
      });
      markdown.core.ruler.push('site-links', ({ tokens, env }) => {
        for (const link of tokens.flatMap(({ children }) => children ?? [])) {
          const href = link.type === 'link_open' ? link.attrGet('href') : null;
          if (href !== null)
            link.attrSet('href', siteLink(repository, env.realPath ?? env.path, href, isPage));
        }
      });
    },
  },
});
