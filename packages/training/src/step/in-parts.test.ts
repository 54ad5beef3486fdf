import { expect, it } from 'vitest';
import { inParts } from './in-parts.js';

const prompt = (id: number) => ({ ids: Int32Array.of(id), images: [{ pixels: Float32Array.of(id / 8) }] });

/** Samples as a policy does: of equal prompts in what it is asked at once each gets its own. */
async function sample(part: readonly ReturnType<typeof prompt>[], options: { seed: number } | undefined) {
  const seen: number[] = [];
  return part.map(({ ids: [id = 0] }) => {
    const occurrence = seen.filter((other) => other === id).length;
    seen.push(id);
    return `${id} ${options?.seed} ${occurrence}`;
  });
}

const ask = (ids: readonly number[], size: number) => inParts(ids.map(prompt), size, { seed: 7 }, sample);

it('samples each prompt as if all were asked at once', async () => {
  const whole = await ask([1, 2, 3, 4, 5], 5);
  expect(whole).toEqual(['1 7 0', '2 7 0', '3 7 0', '4 7 0', '5 7 0']);
  for (const size of [1, 2, 3, 4]) expect(await ask([1, 2, 3, 4, 5], size)).toEqual(whole);
});

it('gives equal prompts in different parts streams of their own', async () => {
  for (const size of [1, 2, 3]) {
    const streams = await ask([1, 2, 1, 1, 2, 1], size);
    expect(streams.map((stream) => stream[0])).toEqual(['1', '2', '1', '1', '2', '1']);
    expect(new Set(streams).size).toBe(6);
    expect(streams.slice(0, 2)).toEqual(['1 7 0', '2 7 0']);
  }
});

it('tells prompts of one text apart by their pictures', async () => {
  const one = { ...prompt(1), images: [{ pixels: Float32Array.of(0.5) }] };
  expect(await inParts([prompt(1), one], 1, { seed: 7 }, sample)).toEqual(['1 7 0', '1 7 0']);
});

it('refuses answers that are not one for each prompt', async () => {
  const none = inParts([prompt(1), prompt(2)], 1, { seed: 7 }, async () => []);
  await expect(none).rejects.toThrow('inParts: found 0 answers to 1 prompts, expected one for each.');
});
