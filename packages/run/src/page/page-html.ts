import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { h } from 'preact';
import { render } from 'preact-render-to-string';
import { pageProgramFile } from '../built-files.js';
import type { PageData } from './any-page.js';
import { Page } from './page.js';
import { style } from './style.js';

/**
 * Renders a page as one self-contained document, readable without scripts.
 *
 * Model text and questions reach it as data only: the components escape them, the JSON cannot close its
 * element, and the content security policy runs no script but ours and allows no connection except, while
 * served, to its own server.
 *
 * @param data of a run or an inspection.
 * @returns the HTML.
 */
export function pageHtml(data: PageData): string {
  const program = readFileSync(pageProgramFile, 'utf8').replaceAll('</script', '<\\/script');
  const hash = createHash('sha256').update(program).digest('base64');
  const live = data.kind !== 'inspection' && data.live;
  const policy = [
    "default-src 'none'",
    'img-src data:',
    "style-src 'unsafe-inline'",
    `script-src 'sha256-${hash}'`,
    `connect-src ${live ? "'self'" : "'none'"}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const body = render(h(Page, { data }));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<title>${escapeHtml(data.title)}</title><style>${style}</style></head>
<body><div id="page">${body}</div>
<script type="application/json" id="data">${jsonInHtml(data)}</script>
<script>${program}</script></body></html>
`;
}

/** JSON in which nothing can end or open an element. */
export function jsonInHtml(data: unknown): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
