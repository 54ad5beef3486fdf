import { runStep } from '@cppo/training';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.js';
import { openSession } from '../src/session/session.js';

/** `CPPO_STEPS=1000 npx vitest run test/steady-memory.test.ts` is the long form. */
const steps = Number(process.env.CPPO_STEPS ?? 12);
const settled = 3;

it(
  `holds as many tensors after ${steps} steps as after ${settled}`,
  async () => {
    const { config } = await loadConfig({
      set: ['rollout.prompts=2', 'rollout.completions=3', 'rollout.maxTokens=28', 'engine.prefer=wasm'],
    });
    const session = await openSession(config);
    const held: { tensors: number; bytes: number; heap: number; resident: number }[] = [];
    let updates = 0;
    for (let step = 1; step <= steps; step++) {
      const { metrics } = await runStep(session, step, async () => {});
      updates += 1 - metrics['gradient/skipped']!;
      const { numTensors, numBytes } = tf.memory();
      globalThis.gc?.();
      const { heapUsed, rss } = process.memoryUsage();
      held.push({ tensors: numTensors, bytes: numBytes, heap: heapUsed, resident: rss });
      if (process.env.CPPO_STEPS && step % 100 === 0) console.log(step, updates, JSON.stringify(held.at(-1)));
    }
    await session.source.close();
    expect(updates).toBeGreaterThan(0); // steps without one would hold less
    const first = held[settled - 1]!;
    for (const { tensors, bytes } of held.slice(settled)) {
      expect([tensors, bytes]).toEqual([first.tensors, first.bytes]);
    }
  },
  steps * 60_000,
);
