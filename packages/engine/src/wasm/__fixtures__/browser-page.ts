// Runs in the browser of browser.test.ts: the kernels on the stock backend of a page, against float64; the failures are
// reported to the page's server.
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { runConformance } from '../../conformance/run-conformance.js';
import { registerGradients } from '../../gradients.js';
import { registerAttention } from '../attention.js';
import {
  registerCopies,
  registerCumulative,
  registerOneHot,
  registerSegmentSum,
  registerSharing,
} from '../data-movement.js';
import { registerDecoderToken } from '../decoder-token.js';
import { registerElementwise } from '../elementwise.js';
import { registerFused } from '../fused.js';
import { type BackendWasm, instantiateKernels } from '../kernel-module.js';
import { registerMatMul } from '../matmul.js';
import { registerPacked } from '../packed.js';
import { registerReductions } from '../reduce.js';

async function run(): Promise<object> {
  await registerGradients();
  setWasmPaths('/');
  await tf.setBackend('wasm');
  const module = instantiateKernels(tf.backend() as unknown as BackendWasm);
  for (const register of [
    ...[registerMatMul, registerPacked, registerSharing, registerCopies, registerElementwise],
    ...[registerReductions, registerAttention, registerDecoderToken, registerFused, registerSegmentSum],
  ]) {
    register(module);
  }
  registerCumulative();
  registerOneHot();
  const results = await runConformance();
  return {
    agent: navigator.userAgent,
    passed: results.filter(({ state }) => state === 'passed').length,
    others: results.filter(({ state }) => state !== 'passed'),
  };
}

run()
  .catch((error: Error) => ({ error: `${error.stack}` }))
  .then((result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) }));
