// Bundled for the browser by browser-bundles.test.ts, without externals, and run where there is no Node.
import '@tensorflow/tfjs';
import * as loss from '@cppo/contrastive-loss';
import * as detect from '@cppo/entropy-detect';
import * as grpo from '@cppo/grpo';
import * as perturb from '@cppo/perturb';
import { type ModelSource, QwenPolicy } from '@cppo/policy-qwen';
import * as reward from '@cppo/reward';
import * as tf from '@tensorflow/tfjs-core';

/** What the test calls. */
export interface Page {
  /** Names that each package exports. */
  readonly exported: Readonly<Record<string, readonly string[]>>;
  /** Loads a model, and gives the log-probabilities of the likeliest tokens after a prompt. */
  answer(source: ModelSource): Promise<readonly number[]>;
}

const packages = { detect, loss, grpo, perturb, reward };

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
};

(globalThis as typeof globalThis & { page: Page }).page = page;
