import { readFileSync } from 'node:fs';
import { pageProgramFile } from '../built-files.js';
import type { PageData } from './any-page.js';
import { type PageProgram, pageDocument } from './document.js';

/**
 * Renders a page as one self-contained document with the program that this package was built with; see
 * `pageDocument`.
 *
 * @param data of a run, an inspection or a comparison.
 * @returns the HTML.
 */
export function pageHtml(data: PageData): string {
  const program: PageProgram = JSON.parse(readFileSync(pageProgramFile, 'utf8'));
  return pageDocument(data, program);
}
