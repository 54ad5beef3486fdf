import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { encodedPrompt, fixture, formulaModel } from '../__fixtures__/models.js';
import type { QwenModel } from '../model/model.js';
import type { ScoreRequest } from './plan.js';
import { score } from './score.js';
import { sharedPrefix } from './shared-prefix.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const reference = fixture('tied');
const prompts = reference.prompts.slice(1).map((prompt) => encodedPrompt(prompt));
const completions = [
  [[5, 9, 40, 7], [11], [60, 61, 62, 63, 64, 65]],
  [
    [7, 7, 3],
    [70, 2],
  ],
].map((group) => group.map((tokens) => Int32Array.from(tokens)));
const requests = prompts.map((prompt, index) => ({
  prompt,
  completions: completions[index] as Int32Array[],
}));
const alone: ScoreRequest[] = requests.flatMap(({ prompt, completions }) =>
  completions.map((completion) => ({ prompt, completions: [completion] })),
);

/** Σ over completions of Σ_t (w·ℓ + H/3), so that every token and both results have a gradient of its own. */
function loss(model: QwenModel, requests: readonly ScoreRequest[]): tf.Scalar {
  const { logProbs, entropies } = score(model, requests, { temperature: 0.8 });
  const weights = tf.tensor2d(
    requests.flatMap(({ completions }) =>
      completions.map((tokens) =>
        Array.from({ length: logProbs.shape[1] }, (_, t) => Math.sin((tokens[0] as number) + 3 * t)),
      ),
    ),
  );
  return tf.add(tf.sum(tf.mul(logProbs, weights)), tf.mul(tf.sum(entropies), 1 / 3));
}

async function gradients(model: QwenModel, batches: readonly (readonly ScoreRequest[])[]) {
  let value = 0;
  const sums = new Map<string, Float32Array>();
  for (const batch of batches) {
    const result = tf.variableGrads(() => loss(model, batch));
    value += result.value.dataSync()[0] as number;
    for (const [name, gradient] of Object.entries(result.grads)) {
      const numbers = gradient.dataSync<'float32'>();
      sums.set(name, sums.get(name)?.map((sum, i) => sum + (numbers[i] as number)) ?? numbers);
    }
    tf.dispose([result.value, result.grads]);
  }
  return { value, sums };
}

function expectSame(actual: Awaited<ReturnType<typeof gradients>>, expected: typeof actual) {
  expect(Math.abs(actual.value - expected.value)).toBeLessThan(1e-5 * Math.abs(expected.value));
  expect(actual.sums.size).toBe(expected.sums.size);
  for (const [name, numbers] of expected.sums) {
    const other = actual.sums.get(name) as Float32Array;
    const size = Math.hypot(...numbers);
    const difference = Math.hypot(...numbers.map((value, i) => value - (other[i] as number)));
    expect(difference, name).toBeLessThanOrEqual(1e-5 * size + 1e-6);
  }
}

describe('equal completions', () => {
  const [first, second] = [completions[0] as Int32Array[], completions[1] as Int32Array[]];
  const repeated = [
    [first[0], first[1], first[0], first[2], first[0]?.slice()],
    [second[1], second[0], second[1]?.slice()],
  ].map((group, index) => ({
    prompt: prompts[index] as (typeof prompts)[number],
    completions: group as Int32Array[],
  }));
  const each = repeated.flatMap(({ prompt, completions }) =>
    completions.map((completion) => ({ prompt, completions: [completion] })),
  );

  test('have the scores of every one alone', () => {
    const { model, dispose } = formulaModel(reference.config);
    const [together, apart] = [repeated, each].map((requests) => score(model, requests, { hidden: true }));
    for (const part of ['logProbs', 'entropies', 'mask', 'hidden'] as const) {
      expect(together?.[part]?.shape).toEqual(apart?.[part]?.shape);
      const difference = tf.max(tf.abs(tf.sub(together?.[part] as tf.Tensor, apart?.[part] as tf.Tensor)));
      expect(difference.dataSync()[0]).toBeLessThan(1e-5);
    }
    dispose();
  });

  test('have gradients that add up', async () => {
    const { model, dispose } = formulaModel(reference.config);
    // The weight depends on the place, so that copies have gradients of their own.
    const weighted = (requests: readonly ScoreRequest[]) =>
      tf.variableGrads(() => {
        const { logProbs, entropies } = score(model, requests);
        const weights = tf.sin(tf.reshape(tf.range(0, logProbs.size), logProbs.shape));
        return tf.add(tf.sum(tf.mul(logProbs, weights)), tf.sum(tf.mul(entropies, tf.square(weights))));
      });
    const [together, apart] = [weighted(repeated), weighted(each)];
    for (const [name, expected] of Object.entries(apart.grads)) {
      const difference = tf.norm(tf.sub(together.grads[name] as tf.Tensor, expected)).dataSync()[0] as number;
      const size = tf.norm(expected).dataSync()[0] as number;
      expect(difference, name).toBeLessThanOrEqual(1e-5 * size + 1e-6);
    }
    dispose();
  });
});

describe('shared prompts', () => {
  test('scores equal those of every completion alone with its own prompt', () => {
    const { model, dispose } = formulaModel(reference.config);
    const shared = score(model, requests, { hidden: true });
    const width = shared.logProbs.shape[1];
    const expectedMask = alone.map(({ completions }) =>
      Array.from({ length: width }, (_, t) => (t < (completions[0]?.length ?? 0) ? 1 : 0)),
    );
    expect(shared.mask.arraySync()).toEqual(expectedMask);
    for (const key of ['logProbs', 'entropies'] as const) {
      const together = shared[key].arraySync() as number[][];
      alone.forEach((request, row) => {
        const single = score(model, [request])[key].arraySync() as number[][];
        together[row]?.forEach((value, t) => {
          expect(Math.abs(value - (single[0]?.[t] ?? 0))).toBeLessThan(1e-5);
        });
      });
    }
    // The hidden states that come along give the same log-probabilities through the head.
    const logits = model.weights.head.product(tf.reshape(shared.hidden as tf.Tensor, [-1, 64]));
    const logProbs = tf.reshape(tf.logSoftmax(logits), [alone.length, width, -1]).arraySync() as number[][][];
    alone.forEach(({ completions: [tokens] }, row) => {
      tokens?.forEach((token, t) => {
        const expected = logProbs[row]?.[t]?.[token] as number;
        expect((shared.logProbs.arraySync() as number[][])[row]?.[t]).toBeCloseTo(expected, 4);
      });
    });
    dispose();
  });

  test('gradients equal those of every completion alone, in one batch or many', async () => {
    const { model, dispose } = formulaModel(reference.config);
    const shared = await gradients(model, [requests]);
    expectSame(shared, await gradients(model, [alone]));
    expectSame(
      shared,
      await gradients(
        model,
        requests.map((request) => [request]),
      ),
    );
    dispose();
  });

  test.each(['layers', 'segments'] as const)(
    'gradients stay the same when %s are computed again',
    async (checkpointing) => {
      const plain = formulaModel(reference.config);
      const expected = await gradients(plain.model, [requests]);
      plain.dispose();
      const { model, dispose } = formulaModel(reference.config, checkpointing);
      const before = tf.memory().numTensors;
      expectSame(await gradients(model, [requests]), expected);
      expect(tf.memory().numTensors).toBe(before);
      dispose();
    },
  );

  test('an image that occurs twice is seen once', async () => {
    const { model, dispose } = formulaModel(reference.config);
    const [first] = requests as unknown as [ScoreRequest];
    const copy = { ...first.prompt, images: first.prompt.images.map((image) => ({ ...image })) };
    const again = [first, { ...first, completions: [Int32Array.from([8, 9])] }];
    const apart = [first, { prompt: copy, completions: [Int32Array.from([8, 9])] }];
    expectSame(await gradients(model, [again]), await gradients(model, [apart]));
    dispose();
  });
});

describe('what all prompts begin with', () => {
  const [pictured] = prompts as unknown as [(typeof prompts)[number]];
  /** The same words about another picture, and three prompts of words that part after two, three and four tokens. */
  const other = {
    ...pictured,
    images: pictured.images.map((image) => ({ ...image, pixels: image.pixels.map((value) => -value) })),
  };
  const words = (ids: number[]) => ({
    ids: Int32Array.from(ids),
    images: [],
    positions: Int32Array.from([0, 1, 2].flatMap(() => [...ids.keys()])),
    ropeDelta: 0,
  });
  const texts = [
    [1, 2, 3, 4, 5],
    [1, 2, 9],
    [1, 2, 3, 8],
  ].map(words);
  const imageToken = 90;

  test.each([
    ['one prompt has nothing to share', [pictured], 0],
    ['a picture ends it', [pictured, other], 4],
    ['what differs ends it', texts, 2],
    ['one token of each prompt is left', [words([1, 2, 3]), words([1, 2, 3])], 2],
    [
      'positions must be the same',
      [words([1, 2, 3]), { ...words([1, 2, 3]), positions: new Int32Array(9) }],
      1,
    ],
  ] as const)('%s', (_, prompts, expected) => {
    expect(sharedPrefix(prompts, imageToken)).toBe(expected);
  });

  test.each([
    ['pictures', [pictured, other, pictured]],
    ['words', texts],
  ])('scores and gradients of %s equal those of every prompt alone', async (_, prompts) => {
    const { model, dispose } = formulaModel(reference.config);
    const together = prompts.map((prompt, index) => ({
      prompt,
      completions: [[5, 9, 40, 7], [11 + index], [60, 61, 62]]
        .slice(0, 3 - index)
        .map((tokens) => Int32Array.from(tokens)),
    }));
    const apart = together.flatMap(({ prompt, completions }) =>
      completions.map((completion) => ({ prompt, completions: [completion] })),
    );
    expectSame(
      await gradients(model, [together]),
      await gradients(
        model,
        apart.map((request) => [request]),
      ),
    );
    dispose();
  });
});

test('refuses what cannot be scored', () => {
  const { model, dispose } = formulaModel(reference.config);
  const [first] = requests as unknown as [ScoreRequest];
  expect(() => score(model, [])).toThrow('no request');
  expect(() => score(model, [{ ...first, completions: [] }])).toThrow('request 0 has no completion');
  expect(() => score(model, [{ ...first, completions: [new Int32Array(0)] }])).toThrow(
    'completion 0 of request 0',
  );
  expect(() => score(model, [first], { temperature: 0 })).toThrow('temperature is 0');
  expect(() => score(model, [{ ...first, prompt: { ...first.prompt, images: [] } }])).toThrow(
    '6 image tokens',
  );
  dispose();
});
