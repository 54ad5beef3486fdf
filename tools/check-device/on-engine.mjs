// What is checked within the process of one engine: `node on-engine.mjs conformance|products ENGINE` prints a line of JSON.
import { runConformance, startEngine } from '@cppo/engine';
import * as tf from '@tensorflow/tfjs-core';

/** Cards of some makes multiply float32 with 10 bits behind the point unless told otherwise. */
const TOLERANCE = 2e-3;
/** Rows, columns and depth of the product that stands for the card's peak. */
const SIDE = 4096;

const [what, engine] = process.argv.slice(2);
await startEngine({ prefer: engine });
const found = what === 'conformance' ? await conformance() : await products();
console.log(JSON.stringify(found));
process.exit(0);

async function conformance() {
  const results = await runConformance({ tolerance: TOLERANCE });
  const of = (state) => results.filter((result) => result.state === state);
  return {
    passed: of('failed').length === 0 && of('passed').length > 0,
    counts: { passed: of('passed').length, failed: of('failed').length, absent: of('absent').length },
    tolerance: TOLERANCE,
    failed: of('failed'),
  };
}

/** The rate of one large float32 product, the best of five. */
async function products() {
  const side = engine === 'tensorflow-gpu' || engine === 'webgpu' ? SIDE : SIDE / 4;
  const [a, b] = [tf.randomUniform([side, side]), tf.randomUniform([side, side])];
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 6; round++) {
    const start = performance.now();
    const product = tf.matMul(a, b);
    // One number is read, so that the card is done.
    const corner = tf.slice(product, [0, 0], [1, 1]);
    await corner.data();
    if (round > 0) best = Math.min(best, (performance.now() - start) / 1000);
    tf.dispose([product, corner]);
  }
  return { side, gigaflops: (2 * side ** 3) / best / 1e9 };
}
