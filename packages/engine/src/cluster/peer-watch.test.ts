import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PeerLostError } from './peer-lost-error.js';
import { PeerWatch } from './peer-watch.js';

let server: Server;
let address: string;
beforeAll(async () => {
  server = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const place = server.address();
  address = typeof place === 'object' && place !== null ? `127.0.0.1:${place.port}` : '';
});
afterAll(() => server.close());

const silent = () => Promise.reject(Object.assign(new Error('Deadline Exceeded'), { code: '4' }));
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A watch over one other learner, which answers as `check` does. */
function watchOver(check: () => Promise<void>) {
  const lost: PeerLostError[] = [];
  const watch = new PeerWatch({
    ...{ rank: 0, addresses: ['127.0.0.1:1', address], lostSeconds: 1, joinSeconds: 30 },
    addon: { check },
    onLost: (error) => lost.push(error),
  });
  return { watch, lost };
}

it('gives up a learner that no longer answers', async () => {
  let answers = true;
  const { watch, lost } = watchOver(() => (answers ? Promise.resolve() : silent()));
  await watch.come();
  answers = false;
  for (let waited = 0; lost.length === 0 && waited < 10_000; waited += 100) await pause(100);
  expect(lost.map(({ message }) => message)).toEqual([
    `learner 1 (${address}) has not answered for 2 s; start all learners again, the run resumes from its last checkpoint.`,
  ]);
});

it('does not hold its own long computation against a learner that misses one question after it', async () => {
  const answers = [true, false];
  const { watch, lost } = watchOver(() => (answers.shift() === false ? silent() : Promise.resolve()));
  await watch.come();
  const until = performance.now() + 2000;
  while (performance.now() < until); // longer than `lostSeconds`, and no timer runs meanwhile
  await pause(1500);
  watch.close();
  expect(answers).toEqual([]);
  expect(lost).toEqual([]);
});
