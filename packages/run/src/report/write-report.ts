import { join } from 'node:path';
import { writeWholeFile } from '../directory/whole-file.js';
import { pageHtml } from '../page/page-html.js';
import { readRun } from './read-run.js';

/**
 * Writes report.html from the current content of a run directory.
 *
 * @param directory of a run.
 * @returns the path of the page.
 */
export function writeReport(directory: { readonly path: string }): string {
  const path = join(directory.path, 'report.html');
  writeWholeFile(path, pageHtml(readRun(directory.path)));
  return path;
}
