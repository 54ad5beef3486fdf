import { parentPort, workerData } from 'node:worker_threads';
import { serveRun } from './serve.js';
import type { ThreadInput } from './watch-run.js';

// Serves a run from a thread of its own: pages are answered while training keeps the main one busy.
const { directory, port } = workerData as ThreadInput;
const served = await serveRun(directory, { port, going: () => true });
parentPort!.postMessage({ url: served.url, taken: served.taken });
const timer = setInterval(() => {
  try {
    served.refresh();
  } catch {
    // The file was caught half-way; the next look comes soon.
  }
}, 500);
parentPort!.once('message', async () => {
  clearInterval(timer);
  await served.end();
  process.exit();
});
