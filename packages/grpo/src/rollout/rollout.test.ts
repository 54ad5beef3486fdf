import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../test/expect-close.js';
import { ToyPolicy, type ToyPrompt } from '../../test/toy-policy.js';
import { noiseStrength, noisyRollout, type RolloutPrompt, rescore, rollout } from '../index.js';

const prompts: RolloutPrompt<ToyPrompt>[] = [
  { id: 'a', prompt: [1, 0, 0], views: { noisy: [0.2, 2, -1] } },
  { id: 'b', prompt: [0, 1, 0], views: { noisy: [-1, 0.2, 2] } },
];
const options = { prompts, completions: 5, maxTokens: 4, seed: 3 };
let policy: ToyPolicy;

beforeAll(async () => {
  await tf.setBackend('cpu');
  policy = new ToyPolicy(5, 3, 4, 3);
});

const logProbsUnder = (prompt: ToyPrompt, tokens: Int32Array) =>
  tf.tidy(() => policy.score([{ prompt, completions: [tokens] }]).logProbs.dataSync());

describe('rollout', () => {
  it('samples groups, the same from the same seed', async () => {
    const groups = await rollout({ policy, ...options });
    expect(groups.map(({ id, completions }) => [id, completions.length])).toEqual([
      ['a', 5],
      ['b', 5],
    ]);
    expect(groups[0]!.views).toBe(prompts[0]!.views);
    expect(await rollout({ policy, ...options })).toEqual(groups);
    expect(await rollout({ policy, ...options, seed: 4 })).not.toEqual(groups);
  });
});

describe('rescore', () => {
  it('puts the trainer’s log-probabilities beside the sampler’s, and leaks nothing', async () => {
    const groups = await rollout({ policy, ...options });
    const trainer = new ToyPolicy(5, 3, 4, 8);
    const tensors = tf.memory().numTensors;
    const rescored = await rescore(trainer, groups, { microBatch: 1 });
    expect(tf.memory().numTensors).toBe(tensors);
    const { prompt, completions } = rescored[1]!;
    const expected = tf.tidy(() =>
      trainer.score([{ prompt, completions: [completions[2]!.tokens] }]).logProbs.dataSync(),
    );
    expectClose(completions[2]!.logProbs, expected, 1e-6);
    expect(completions[2]!.sampledLogProbs).toEqual(groups[1]!.completions[2]!.logProbs);
    // A second time the sampler's stay.
    const again = await rescore(policy, rescored);
    expect(again[1]!.completions[2]!.sampledLogProbs).toEqual(groups[1]!.completions[2]!.logProbs);
  });
});

describe('noisyRollout', () => {
  it('samples some completions from the view, and scores all under the clean prompt', async () => {
    const groups = await noisyRollout({ policy, ...options, noisy: 2, view: 'noisy' });
    for (const [index, { prompt, completions }] of groups.entries()) {
      expect(prompt).toBe(prompts[index]!.prompt);
      expect(completions).toHaveLength(5);
      for (const { tokens, logProbs } of completions)
        expectClose(logProbs, logProbsUnder(prompt, tokens), 1e-5);
    }
    // The noisy ones are what the view alone would have given.
    const views = prompts.map(({ id, views }) => ({ id, prompt: views!.noisy! }));
    const fromViews = await rollout({
      policy,
      ...options,
      prompts: views,
      completions: 2,
      seed: options.seed + 1,
    });
    expect(groups.map(({ completions }) => completions.slice(3).map(({ text }) => text))).toEqual(
      fromViews.map(({ completions }) => completions.map(({ text }) => text)),
    );
  });

  it('takes none or all, and names what is wrong', async () => {
    expect(await noisyRollout({ policy, ...options, noisy: 0, view: 'noisy' })).toEqual(
      await rollout({ policy, ...options }),
    );
    const all = await noisyRollout({ policy, ...options, noisy: 5, view: 'noisy' });
    expect(all[0]!.completions).toHaveLength(5);
    await expect(noisyRollout({ policy, ...options, noisy: 6, view: 'noisy' })).rejects.toThrow(
      /noisy is 6; expected/,
    );
    await expect(noisyRollout({ policy, ...options, noisy: 1, view: 'dark' })).rejects.toThrow(
      /"a" has no view named "dark"/,
    );
  });
});

describe('noiseStrength', () => {
  it('falls from the start’s strength to 0, half of it at the midpoint', () => {
    const at = (step: number) => noiseStrength(step, { start: 500, steps: 60, midpoint: 40 });
    expect(at(0)).toBeCloseTo(500, 4);
    expect(at(40)).toBeCloseTo(250, 9);
    // 500·(1 − 1/(1 + e^{−30·20/60}))
    expect(at(60)).toBeCloseTo(500 * (1 - 1 / (1 + Math.exp(-10))), 9);
  });
});
