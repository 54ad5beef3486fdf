import type { SampleCompletions } from '@cppo/trainer';

/** Half of each group is sampled hotter, to explore; ℓ_old is then what the trained policy gives those tokens. */
export default function warmer({ factor = 1.3 }: { factor?: number }): SampleCompletions {
  return async ({ policy, prompts, completions, maxTokens, temperature, seed }) => {
    const encoded = prompts.map(({ prompt }) => prompt);
    const hot = Math.floor(completions / 2);
    const options = { maxTokens, seed };
    const cool = await policy.generate(encoded, { ...options, completions: completions - hot, temperature });
    if (hot === 0) return cool.map((group) => ({ completions: group }));
    const warm = await policy.generate(encoded, {
      ...options,
      completions: hot,
      temperature: temperature * factor,
      seed: seed + 1,
    });
    return Promise.all(
      cool.map(async (group, i) => {
        const { logProbs } = policy.score(
          [{ prompt: encoded[i]!, completions: warm[i]!.map(({ tokens }) => tokens) }],
          { temperature },
        );
        const rows = (await logProbs.array()) as number[][];
        const rescored = warm[i]!.map((completion, row) => ({
          ...completion,
          logProbs: Float32Array.from(rows[row]!.slice(0, completion.tokens.length)),
        }));
        return { completions: [...group, ...rescored] };
      }),
    );
  };
}
