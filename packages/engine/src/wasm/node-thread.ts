import { Worker } from 'node:worker_threads';
import type { SpawnThread } from './workers.js';

const code = `
const { workerData: { compiled, memory, pool, scratch } } = require('node:worker_threads');
new WebAssembly.Instance(compiled, { env: { memory, now: () => 0 } }).exports.serve(pool, scratch);
`;

/** A worker thread of Node; it does not keep the process alive. */
export const spawnNodeThread: SpawnThread = (start, onError) => {
  const worker = new Worker(code, {
    eval: true,
    // Neither the program's loaders nor its environment matter to a worker.
    execArgv: [],
    env: {},
    workerData: start,
  });
  worker.on('error', onError);
  worker.unref();
};
