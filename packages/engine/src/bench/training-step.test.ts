import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type EngineName, EngineUnavailableError } from '../engines/engine.js';
import { startEngine } from '../engines/start-engine.js';
import { accelerateWasm } from '../wasm/accelerate.js';
import { referenceDecoder, stepOperations, TrainingStep } from './training-step.js';

const small = {
  ...{ hidden: 24, layers: 2, heads: 6, keyValueHeads: 2, feedForward: 20, vocabulary: 16 },
  ...{ batch: 2, length: 5 },
};

async function gradients(prefer: EngineName): Promise<Map<string, Float32Array>> {
  await startEngine({ prefer, softwareAdapter: true });
  const step = new TrainingStep(small, 1);
  const result = await step.gradients();
  step.dispose();
  return result;
}

function expectClose(actual: Map<string, Float32Array>, expected: Map<string, Float32Array>): void {
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  for (const [name, values] of actual) {
    const reference = expected.get(name)!;
    const scale = Math.max(...reference.map(Math.abs));
    const error = Math.max(...values.map((value, i) => Math.abs(value - reference[i]!)));
    expect(error / scale, name).toBeLessThan(1e-5);
  }
}

describe('the training step', () => {
  it.for<EngineName>(['wasm', 'tensorflow', 'webgpu'])(
    'has the same loss and gradients on %s as on the cpu backend',
    async (name, { skip }) => {
      const started = await startEngine({ prefer: name, softwareAdapter: true }).catch(
        (problem: Error) => problem,
      );
      if (started instanceof EngineUnavailableError) skip(started.message);
      expectClose(await gradients(name), await gradients('cpu'));
      const losses = [];
      for (const prefer of [name, 'cpu'] as const) {
        await startEngine({ prefer, softwareAdapter: true });
        const step = new TrainingStep(small, 1);
        losses.push(await step.run());
        step.dispose();
      }
      expect(losses[0]).toBeCloseTo(losses[1]!, 5);
    },
  );

  it('has the same gradients on own and on stock kernels', async () => {
    const own = await gradients('wasm');
    const { onStockKernels } = await accelerateWasm();
    const step = new TrainingStep(small, 1);
    const stock = await onStockKernels(() => step.gradients());
    step.dispose();
    expectClose(own, stock);
    expect(tf.getKernel('CppoRmsNorm', 'wasm')).toBeDefined();
  });

  it('learns the same on wasm as on the cpu backend, and leaves nothing behind', async () => {
    const losses = [];
    for (const prefer of ['cpu', 'wasm'] as const) {
      await startEngine({ prefer });
      const before = tf.memory().numTensors;
      const step = new TrainingStep(small, 1);
      const run = [];
      for (let i = 0; i < 4; i++) run.push(await step.run());
      losses.push(run);
      step.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
    const [cpu, wasm] = losses as [number[], number[]];
    expect(cpu[3]).toBeLessThan(cpu[0]! - 0.2);
    wasm.forEach((loss, i) => {
      expect(loss).toBeCloseTo(cpu[i]!, 4);
    });
  });

  it('counts the operations of its products', () => {
    // 3072 rows · 4 layers · (192·(192 + 64 + 64 + 192 + 3·512) + 2·96·192) + 3072·192·512, times 2 and 3.
    expect(stepOperations(referenceDecoder)).toBe(33_520_877_568);
  });
});
