import { join } from 'node:path';
import { checkOutputFile, pageHtml, readRun, writeWholeFile } from '@cppo/run';

/** `cppo report`: the page of a run as it is by now. */
export async function report(options: { run: string; out?: string }): Promise<void> {
  checkOutputFile('--out', options.out);
  const page = pageHtml(readRun(options.run));
  const path = options.out ?? join(options.run, 'report.html');
  checkOutputFile('--run', path);
  writeWholeFile(path, page);
  console.log(path);
}
