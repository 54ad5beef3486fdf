import { pageHtml } from '../report/page-html.js';
import { readRun } from '../report/read-run.js';
import { writeReport } from '../report/write-report.js';
import { writeWholeFile } from '../run/whole-file.js';
import { checkOutputFile } from './output-file.js';

/** `cppo report`: the page of a run as it is by now. */
export async function report(options: { run: string; out?: string }): Promise<void> {
  checkOutputFile('--out', options.out);
  if (options.out === undefined) console.log(writeReport({ path: options.run }));
  else {
    writeWholeFile(options.out, pageHtml(readRun(options.run)));
    console.log(options.out);
  }
}
