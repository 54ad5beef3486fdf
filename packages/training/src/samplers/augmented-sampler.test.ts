import type { Completion } from '@cppo/grpo';
import { expect, it } from 'vitest';
import { augmentedSampler } from './augmented-sampler.js';

interface Shown {
  readonly ids: Int32Array;
  readonly picture: string;
}

/** Says which picture it was shown. */
const policy = {
  generate: async (prompts: readonly Shown[]) =>
    prompts.map(({ picture }): Completion[] => [
      { tokens: Int32Array.of(0), logProbs: Float32Array.of(0), text: picture, truncated: false },
    ]),
  score: () => {
    throw new Error('scored');
  },
  tokenizer: { decode: () => '' },
};

async function sample(share: number, seed: number): Promise<readonly (readonly [string, string])[]> {
  const ids = Int32Array.of(0);
  const groups = await augmentedSampler<Shown>({ view: (image) => image, share })({
    policy,
    prompts: Array.from({ length: 200 }, (_, i) => ({
      id: `sample-${i}`,
      prompt: { ids, picture: 'clean' },
      under: () => ({ ids, picture: 'view' }),
      shown: () => Promise.reject(new Error('shown')),
    })),
    ...{ completions: 1, maxTokens: 1, temperature: 1, seed, microBatch: 8, step: 1, steps: 1 },
  });
  return groups.map(
    ({ prompt, completions }) => [prompt?.picture ?? '', completions[0]?.text ?? ''] as const,
  );
}

it('trains on the picture that the answers were sampled from', async () => {
  expect(new Set((await sample(1, 1)).flat())).toEqual(new Set(['view']));
  for (const [trained, sampled] of await sample(0.5, 1)) expect(trained).toBe(sampled);
});

it('shows a share of the prompts through the view, drawn from the seed', async () => {
  const shown = await sample(0.25, 1);
  const through = shown.filter(([picture]) => picture === 'view').length / 200;
  // Four standard deviations of a share of 200 draws.
  expect(Math.abs(through - 0.25)).toBeLessThan(0.13);
  expect(await sample(0.25, 1)).toEqual(shown);
  expect(await sample(0.25, 2)).not.toEqual(shown);
});
