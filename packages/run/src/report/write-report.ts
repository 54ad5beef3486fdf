import { join } from 'node:path';
import { writeWholeFile } from '../directory/whole-file.js';
import { pageHtml } from '../page/page-html.js';
import { readRun } from './read-run.js';

/** Writes report.html from what the run directory holds by now. */
export function writeReport(directory: { readonly path: string }): string {
  const path = join(directory.path, 'report.html');
  writeWholeFile(path, pageHtml(readRun(directory.path)));
  return path;
}
