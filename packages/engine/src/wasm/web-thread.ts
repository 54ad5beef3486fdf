import type { SpawnThread } from './workers.js';

const code = `
onmessage = ({ data: { compiled, memory, pool, scratch } }) =>
  new WebAssembly.Instance(compiled, { env: { memory, now: () => 0 } }).exports.serve(pool, scratch);
`;

/** A web worker; its program is part of this one, so that bundlers need to know nothing of it. */
export const spawnWebThread: SpawnThread = (start, onError) => {
  const address = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  const worker = new Worker(address);
  worker.onerror = onError;
  worker.postMessage(start);
};
