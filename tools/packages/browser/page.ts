// Bundled for the browser by browser-bundles.test.ts, without externals, and run where there is no Node.
import '@tensorflow/tfjs';
import * as loss from '@cppo/contrastive-loss';
import * as detect from '@cppo/entropy-detect';
import * as grpo from '@cppo/grpo';
import * as perturb from '@cppo/perturb';
import { type ModelSource, QwenPolicy } from '@cppo/policy-qwen';
import * as reward from '@cppo/reward';
import * as step from '@cppo/training/step';
import * as tf from '@tensorflow/tfjs-core';

/** What the test calls. */
export interface Page {
  /** Names that each package exports. */
  readonly exported: Readonly<Record<string, readonly string[]>>;
  /** Loads a model, and gives the log-probabilities of the likeliest tokens after a prompt. */
  answer(source: ModelSource): Promise<readonly number[]>;
  /** Loads a model and trains it for one step of CPPO on a picture; gives the figures of the step. */
  train(source: ModelSource): Promise<Readonly<Record<string, number>>>;
}

const packages = { detect, loss, grpo, perturb, reward, step };

const page: Page = {
  exported: Object.fromEntries(
    Object.entries(packages).map(([name, exported]) => [name, Object.keys(exported)]),
  ),
  async answer(source) {
    await tf.setBackend('cpu');
    const policy = await QwenPolicy.load(source);
    const prompts = [policy.encode({ prompt: 'How many?' })];
    const [[answer] = []] = await policy.generate(prompts, { maxTokens: 4, temperature: 0 });
    policy.dispose();
    return Array.from(answer?.logProbs ?? []);
  },
  async train(source) {
    await tf.setBackend('cpu');
    const policy = await QwenPolicy.load(source);
    const data = Uint8Array.from({ length: 3 * 28 * 28 }, (_, i) => (7 * i) % 256);
    const images = [{ name: 'noise', bytes: async () => data }];
    let judged = 0;
    const sample = { id: 'a', question: 'How many?', answer: '1', images };
    const { metrics } = await step.runStep(
      {
        config: {
          seed: 1,
          steps: 1,
          rollout: { prompts: 1, completions: 2, maxTokens: 2, temperature: 1 },
          objective: { type: 'cppo' },
          optimizer: { learningRate: 1e-3 },
          microBatch: 1,
        },
        policy,
        reference: undefined,
        optimizer: new grpo.AdamW(policy.variables),
        reward: () => {
          const accuracy = judged++ % 2;
          return { reward: accuracy, parts: { accuracy, format: 1 } };
        },
        source: { take: async () => [{ sample, epoch: 0 }] },
        shown: { template: { name: 'question', text: '{question}' } },
        // A page would draw files on a canvas; these pictures are no files.
        codec: {
          decode: async (bytes) => ({ width: 28, height: 28, data: bytes }),
          encodePng: async (image) => image.data,
        },
        components: {
          views: perturb.cppoVerl,
          detector: 'entropy',
          distance: 'k3',
          terms: [],
          sampler: { sample: grpo.rollout },
        },
      },
      1,
    );
    policy.dispose();
    return metrics;
  },
};

(globalThis as typeof globalThis & { page: Page }).page = page;
