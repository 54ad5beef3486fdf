import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** From `src/` and from `dist/` alike. */
const built = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');

/** The program of the pages, built for browsers: a `PageProgram` as JSON. */
export const pageProgramFile = join(built, 'browser', 'page-program.json');

/** What serves a run's page, in a thread of its own. */
export const watchThreadFile = join(built, 'watch', 'thread.js');
