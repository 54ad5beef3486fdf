import { h } from 'preact';
import { render } from 'preact-render-to-string';
import type { PageData } from './any-page.js';
import { Page } from './page.js';
import { style } from './style.js';

/** What makes a page answer: the one program in it. */
export interface PageProgram {
  /** With nothing in it that could end its element. */
  readonly text: string;
  /** SHA-256 of the text, base64: the content security policy allows no other. */
  readonly hash: string;
}

/**
 * Renders a page as one self-contained document, readable without scripts. Needs no Node.
 *
 * Model text and questions reach it as data only: the components escape them, the JSON cannot close its
 * element, and the content security policy runs no script but ours and allows no connection except, while
 * served, to its own server.
 *
 * @param data of a run, an inspection or a comparison.
 * @param program of the pages: `@cppo/run/page-program`.
 * @returns the HTML.
 */
export function pageDocument(data: PageData, program: PageProgram): string {
  const live = data.kind !== 'inspection' && data.live;
  const policy = [
    "default-src 'none'",
    'img-src data:',
    "style-src 'unsafe-inline'",
    `script-src 'sha256-${program.hash}'`,
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
<script>${program.text}</script></body></html>
`;
}

/** JSON in which nothing can end or open an element. */
export function jsonInHtml(data: unknown): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
