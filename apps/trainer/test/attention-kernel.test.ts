import { QwenPolicy } from '@cppo/policy-qwen';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { encodedPrompts, engines, startWith, tiny, without } from './whole-kernels.js';

const completion = (length: number) => Int32Array.from({ length }, (_, token) => (token * 31 + length) % 500);

it.for(engines)(
  'scores on %s with one kernel for attention as by single operations',
  async (engine, context) => {
    const kernel = await startWith(engine, 'CppoAttention', context);
    const policy = await QwenPolicy.load(tiny);
    const prompts = await encodedPrompts(policy);
    // One completion is a single token, of which no row is read.
    const requests = prompts.map((prompt, i) => ({
      prompt,
      completions: [completion(1), completion(20), completion(7 + i)],
    }));
    const evaluate = () => {
      const before = tf.memory().numTensors;
      const { value, grads } = tf.variableGrads(() => {
        const { logProbs, entropies } = policy.score(requests);
        return tf.sum(tf.add(logProbs, tf.mul(entropies, 0.1)));
      });
      const results = [value, ...Object.values(grads)].map((x) => x.dataSync() as Float32Array);
      tf.dispose([value, grads]);
      expect(tf.memory().numTensors).toBe(before);
      return results;
    };
    const whole = evaluate();
    for (const [i, expected] of (await without(kernel, evaluate)).entries()) {
      const scale = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-6);
      const worst = expected.reduce((most, x, at) => Math.max(most, Math.abs(x - whole[i]![at]!)), 0);
      expect(worst / scale, `result ${i}`).toBeLessThan(2e-5);
    }
  },
);
