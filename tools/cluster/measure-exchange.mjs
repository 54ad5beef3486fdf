// Measures sums over learners on this machine, for the simulation: docs/results/cluster.json.
//
//   npm run engine:native -- --from PYTHON_ENV_WITH_TENSORFLOW && node tools/cluster/measure-exchange.mjs
//
// Processes of the same program over loopback. The fastest sum of a size is written: other programs only slow it down.
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { joinLearners, readLearners } from '@cppo/engine';

const counts = [2, 4];
/** One number; a megabyte; the shipped model; the 3B with LoRA of rank 16; twice that. */
const sizes = [1, 262_144, 1_600_000, 29_933_568, 59_867_136];
const repeats = 10;

async function measure(learners) {
  const connection = await joinLearners({ learners, lostSeconds: 120 });
  const sums = [];
  for (const numbers of sizes) {
    const values = new Float32Array(numbers);
    let fastest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < repeats; i++) {
      values.fill(learners.rank + 1);
      await connection.gather(0); // all begin together
      const started = performance.now();
      await connection.sum(values);
      fastest = Math.min(fastest, (performance.now() - started) / 1000);
      const expected = (learners.addresses.length * (learners.addresses.length + 1)) / 2;
      if (values[0] !== expected || values[numbers - 1] !== expected) {
        throw new Error(`the sum of ${numbers} numbers is ${values[0]}; expected ${expected}.`);
      }
    }
    sums.push({
      learners: learners.addresses.length,
      bytes: 4 * numbers,
      seconds: Number(fastest.toPrecision(3)),
    });
  }
  connection.close();
  if (learners.rank === 0) process.send(sums);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts the learners, and gives what the first of them measured. */
async function measureAmong(count) {
  const ports = [];
  for (let i = 0; i < count; i++) ports.push(await freePort());
  const CPPO_LEARNERS = ports.map((port) => `127.0.0.1:${port}`).join(',');
  const children = ports.map((_, rank) =>
    fork(fileURLToPath(import.meta.url), { env: { ...process.env, CPPO_LEARNERS, CPPO_RANK: `${rank}` } }),
  );
  const [sums] = await Promise.all([
    new Promise((resolve, reject) => {
      children[0].on('message', resolve);
      for (const child of children) {
        child.on('exit', (code) => code !== 0 && reject(new Error(`a learner ended with ${code}.`)));
      }
    }),
    ...children.map((child) => new Promise((resolve) => child.on('exit', resolve))),
  ]);
  return sums;
}

async function main() {
  const learners = readLearners();
  if (learners !== undefined) {
    await measure(learners);
    process.exit(0); // TensorFlow's server would keep the process
  }
  const [load] = loadavg(); // of other programs
  const sums = [];
  for (const count of counts) sums.push(...(await measureAmong(count)));
  const file = new URL('../../docs/results/cluster.json', import.meta.url);
  const cores = availableParallelism();
  const date = new Date().toISOString().slice(0, 10);
  const measured = { date, machine: cpus()[0].model, cores, load: Number(load.toFixed(1)), sums };
  writeFileSync(file, `${JSON.stringify(measured, null, 2)}\n`);
  console.log(readFileSync(file, 'utf8'));
}

await main();
