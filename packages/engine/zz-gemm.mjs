import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';

await tf.setBackend('wasm');
const time = (f, reps) => {
  f();
  f();
  const best = 1e9;
  const ts = [];
  for (let i = 0; i < reps; i++) {
    const t = performance.now();
    f();
    ts.push(performance.now() - t);
  }
  ts.sort((a, b) => a - b);
  return ts[ts.length >> 1];
};
const cases = [
  ['NN 512', [512, 512], [512, 512], 0, 0],
  ['NN 1024', [1024, 1024], [1024, 1024], 0, 0],
  ['NT 3072x192x512', [3072, 192], [512, 192], 0, 1],
  ['TN 512x3072x192', [3072, 512], [3072, 192], 1, 0],
  ['NN 3072x512x192', [3072, 512], [512, 192], 0, 0],
  ['attn NT 192x96x32', [192, 96, 32], [192, 96, 32], 0, 1],
  ['attn NN', [192, 96, 96], [192, 96, 32], 0, 0],
  ['thin NT 8x192x512', [8, 192], [512, 192], 0, 1],
  ['thin NN 8', [8, 512], [512, 192], 0, 0],
  ['1xNT', [1, 512], [2048, 512], 0, 1],
];
const run = () =>
  cases.map(([n, a, b, ta, tb]) => {
    const A = tf.randomNormal(a),
      B = tf.randomNormal(b);
    const o = tf.matMul(A, B, !!ta, !!tb);
    const k = ta ? a.at(-2) : a.at(-1);
    const fl = 2 * o.size * k;
    o.dispose();
    const inner = Math.max(1, Math.round(2e7 / fl));
    const ms =
      time(() => {
        for (let i = 0; i < inner; i++) tf.matMul(A, B, !!ta, !!tb).dispose();
      }, 7) / inner;
    tf.dispose([A, B]);
    return [n, fl / ms / 1e6];
  });
const stock = run();
const { accelerateWasm } = await import('./dist/index.js');
await accelerateWasm();
const own = run();
stock.forEach(([n, g], i) =>
  console.log(n.padEnd(20), g.toFixed(1), own[i][1].toFixed(1), (own[i][1] / g).toFixed(2) + 'x'),
);
