import type { KernelFunc } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { startEngine } from '../engines/start-engine.js';
import { conformanceCases } from './cases.js';
import type { ConformanceCase } from './conformance-case.js';
import { type ConformanceResult, runCase } from './run-conformance.js';

let cases: readonly ConformanceCase[] = [];

beforeAll(async () => {
  await startEngine({ prefer: 'wasm' });
  cases = conformanceCases();
});

/** What the first case of a kernel that fails says while another kernel stands in. */
async function resultWith(of: string, name: string, make: (own: KernelFunc) => KernelFunc) {
  const kernel = tf.getKernel(name, 'wasm');
  const own = kernel.kernelFunc;
  const results: ConformanceResult[] = [];
  kernel.kernelFunc = make(own);
  try {
    for (const [i, example] of cases.entries()) {
      if (example.kernel !== of || results.some(({ state }) => state === 'failed')) continue;
      results.push(...(await runCase(example, i + 1, 1e-5, true)));
    }
  } finally {
    kernel.kernelFunc = own;
  }
  return results.find(({ state }) => state === 'failed');
}

describe('a kernel that takes an operand for another', () => {
  it.each([
    ['CppoRotary', 'CppoRotary', 'cos', 'sin'],
    ['CppoSwiGlu', 'CppoSwiGlu', 'gate', 'up'],
    ['CppoSwiGlu', 'CppoSwiGluGradient', 'up', 'dy'],
    ['CppoAdam', 'CppoAdam', 'first', 'second'],
    ['Softmax', 'CppoSoftmaxGradient', 'y', 'dy'],
    ['CppoAttention', 'CppoAttention', 'k', 'v'],
    ['CppoAttention', 'CppoAttentionGradient', 'q', 'dy'],
    ['CppoDecoderToken', 'CppoDecoderToken', 'longKeys', 'longValues'],
    ['CppoDecoderToken', 'CppoDecoderToken', '0.inputNorm', '0.attentionNorm'],
  ])('names it: %s, in %s %s and %s', async (of, name, a, b) => {
    const result = await resultWith(of, name, (own) => (call) => {
      const { [a]: first, [b]: second } = call.inputs;
      return own({ ...call, inputs: { ...call.inputs, [a]: second, [b]: first } });
    });
    expect(result?.reason).toContain(name);
    expect([`${a} for ${b}`, `${b} for ${a}`].some((words) => result?.reason?.includes(words))).toBe(true);
  });

  it('names it among its results', async () => {
    const result = await resultWith('CppoAttention', 'CppoAttentionGradient', (own) => (call) => {
      const [dq, dk, dv] = own(call) as tf.TensorInfo[];
      return [dq!, dv!, dk!];
    });
    expect(result?.reason).toBe('CppoAttentionGradient gives output 1 as 2, and 2 as 1');
  });

  it('is not blamed for a wrong number', async () => {
    const result = await resultWith('CppoSwiGlu', 'CppoSwiGlu', (own) => (call) => {
      const { gate } = call.inputs;
      return own({ ...call, inputs: { gate: gate!, up: gate! } });
    });
    expect(result).toMatchObject({ state: 'failed' });
    expect(result?.reason).toBeUndefined();
  });
});
