import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import reference from './__fixtures__/reference.json' with { type: 'json' };
import {
  type ContrastiveLossOptions,
  contrastiveLossPresets,
  contrastivePerceptionLoss,
  type Distance,
  type Head,
  type HeadWeight,
} from './index.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function expectClose(actual: tf.Tensor, expected: readonly number[], tolerance = 2e-5): void {
  const values = actual.dataSync();
  expect(values.length).toBe(expected.length);
  expected.forEach((value, index) => {
    expect(
      Math.abs(values[index]! - value),
      `element ${index}: ${values[index]} for ${value}`,
    ).toBeLessThanOrEqual(tolerance * (1 + Math.abs(value)));
  });
}

interface Example {
  readonly distance: string;
  readonly tau: number;
  readonly temperature?: number;
  readonly shape: readonly number[];
  readonly vocabulary?: number;
  readonly mask: readonly number[];
  readonly branches: readonly (readonly number[])[];
  readonly head?: readonly number[];
}

/** The loss of an example as a function of its differentiable tensors: anchor, positive, negatives and head. */
function lossOf(
  example: Example,
  options: ContrastiveLossOptions = {},
  mask: readonly number[] = example.mask,
) {
  const [rows, steps, depth] = example.shape as [number, number, number?];
  const key = depth === undefined ? 'logProbs' : 'hidden';
  const inputs = example.branches.map((values) => tf.tensor([...values], [...example.shape]));
  if (depth !== undefined) inputs.push(tf.tensor([...example.head!], [example.vocabulary!, depth]));
  const compute = (...tensors: tf.Tensor[]) => {
    const [anchor, positive, ...negatives] = tensors
      .slice(0, example.branches.length)
      .map((tensor) => ({ [key]: tensor }));
    return contrastivePerceptionLoss(
      {
        anchor: anchor!,
        positive: positive!,
        negatives,
        mask: tf.tensor2d([...mask], [rows, steps]),
        ...(depth !== undefined && { headWeight: tensors.at(-1) as tf.Tensor2D }),
      },
      {
        distance: example.distance as Distance,
        tau: example.tau,
        ...(example.temperature !== undefined && { temperature: example.temperature }),
        ...options,
      },
    );
  };
  return { inputs, compute };
}

const examples = [...reference.sampled, ...reference.vocabulary];
const named = examples.map((example, index) => ({
  name: `${example.distance} #${index}, ${example.branches.length - 2} negatives`,
  example,
}));

describe('contrastivePerceptionLoss', () => {
  it.each(named)('equals the float64 reference with all gradients: $name', ({ example }) => {
    tf.tidy(() => {
      const { inputs, compute } = lossOf(example, { chunk: 3 });
      const { loss, perToken, distances, selected } = compute(...inputs);
      expectClose(loss, [example.loss]);
      expectClose(perToken, example.perToken);
      [distances.positive, ...distances.negatives].forEach((distance, index) => {
        expectClose(distance, example.distances[index]!);
      });
      expect(selected).toBe(example.mask.reduce((sum, bit) => sum + bit, 0));
      const gradients = tf.grads((...tensors) => compute(...tensors).loss)(inputs);
      const head = 'headGradient' in example ? [example.headGradient as number[]] : [];
      const expected: number[][] = [...example.gradients, ...head];
      gradients.forEach((gradient, index) => {
        expect(gradient.shape).toEqual(inputs[index]!.shape);
        expectClose(gradient, expected[index]!);
      });
    });
  });

  it.each(named.filter(({ example }) => example.branches.length === 3))(
    'is softplus((D⁺ − D⁻)/τ) for one negative: $name',
    ({ example }) => {
      tf.tidy(() => {
        const { inputs, compute } = lossOf(example);
        const { perToken, distances } = compute(...inputs);
        const expected = tf.softplus(
          tf.div(tf.sub(distances.positive, distances.negatives[0]!), example.tau),
        );
        expectClose(perToken, [...tf.mul(expected, tf.tensor([...example.mask], expected.shape)).dataSync()]);
      });
    },
  );

  it.each(named)('has the gradient of its finite differences: $name', ({ example }) => {
    tf.tidy(() => {
      // A softer τ than the example's: differences in float32 need steps that τ = 0.1 would bend.
      const { inputs, compute } = lossOf(example, { tau: 1, chunk: 2 });
      const loss = (...tensors: tf.Tensor[]) => compute(...tensors).loss;
      const gradients = tf.grads(loss)(inputs);
      const step = 1e-2;
      inputs.forEach((tensor, index) => {
        const direction = tf.randomUniform(tensor.shape, -1, 1, 'float32', 5 + index);
        const along = (amount: number) =>
          loss(...inputs.with(index, tf.add(tensor, tf.mul(direction, amount)))).dataSync()[0]!;
        const measured = (along(step) - along(-step)) / (2 * step);
        expect(tf.sum(tf.mul(gradients[index]!, direction)).dataSync()[0]!).toBeCloseTo(measured, 2);
      });
    });
  });

  it.each(named)('looks at nothing outside the mask: $name', ({ example }) => {
    tf.tidy(() => {
      const { inputs, compute } = lossOf(example);
      const outside = tf.tensor(example.mask.map((bit) => (bit ? 0 : Number.NaN)));
      const spoilt = inputs.map((tensor, index) => {
        if (index >= example.branches.length) return tensor;
        const [rows, steps, depth = 1] = example.shape as [number, number, number?];
        const waste = tf.broadcastTo(tf.reshape(outside, [rows, steps, 1]), [rows, steps, depth]);
        return tf.add(tensor, tf.reshape(waste, tensor.shape));
      });
      const clean = compute(...inputs);
      const dirty = compute(...spoilt);
      expect(dirty.loss.dataSync()).toEqual(clean.loss.dataSync());
      expect(dirty.perToken.dataSync()).toEqual(clean.perToken.dataSync());
      const loss = (...tensors: tf.Tensor[]) => compute(...tensors).loss;
      const gradients = tf.grads(loss)(inputs);
      tf.grads(loss)(spoilt).forEach((gradient, index) => {
        expect(gradient.dataSync()).toEqual(gradients[index]!.dataSync());
      });
    });
  });

  it.each(named)('is exactly 0 with zero gradient for an empty mask: $name', ({ example }) => {
    tf.tidy(() => {
      const { inputs, compute } = lossOf(
        example,
        {},
        example.mask.map(() => 0),
      );
      const spoilt = inputs.map((tensor) => tf.fill(tensor.shape, Number.NaN));
      const found = compute(...spoilt);
      expect(found.selected).toBe(0);
      expect([...found.loss.dataSync()]).toEqual([0]);
      expect(found.perToken.dataSync().every((value) => value === 0)).toBe(true);
      for (const gradient of tf.grads((...tensors) => compute(...tensors).loss)(spoilt)) {
        expect(gradient.dataSync().every((value) => value === 0)).toBe(true);
      }
    });
  });

  it.each(['k3', 'kl', 'js'])('gives gradient only to the branches asked for: %s', (distance) => {
    tf.tidy(() => {
      const example = examples.find((candidate) => candidate.distance === distance)!;
      const whole = lossOf(example);
      const all = tf.grads((...tensors) => whole.compute(...tensors).loss)(whole.inputs);
      (['anchor', 'positive', 'negative'] as const).forEach((branch, index) => {
        const others = { anchor: false, positive: false, negative: false, [branch]: true };
        const { inputs, compute } = lossOf(example, { gradients: others });
        expectClose(compute(...inputs).loss, [example.loss]);
        const gradientTo = (which: number) =>
          tf.grad((tensor) => compute(...inputs.with(which, tensor)).loss)(inputs[which]!);
        expectClose(gradientTo(index), [...all[index]!.dataSync()]);
        // The tape finds no way to the others.
        expect(() => gradientTo((index + 1) % 3)).toThrow();
        expect(() => gradientTo((index + 2) % 3)).toThrow();
      });
    });
  });

  it.each(['kl', 'js'])('sums the head gradient over the branches that carry: %s', (distance) => {
    tf.tidy(() => {
      const example = reference.vocabulary.find((candidate) => candidate.distance === distance)!;
      const headGradient = (gradients: NonNullable<ContrastiveLossOptions['gradients']>) => {
        const { inputs, compute } = lossOf(example, { gradients });
        return tf.grad((head) => compute(...inputs.with(-1, head)).loss)(inputs.at(-1)!);
      };
      const only = { anchor: false, positive: false, negative: false };
      const parts = ['anchor', 'positive', 'negative'].map((branch) =>
        headGradient({ ...only, [branch]: true }),
      );
      expectClose(tf.addN(parts), example.headGradient);
      expect(() => headGradient({ headWeight: false })).toThrow();
      expect(() => headGradient(only)).toThrow();
    });
  });

  it('lets the anchor cancel in k1', () => {
    tf.tidy(() => {
      const { inputs, compute } = lossOf(reference.sampled.find(({ distance }) => distance === 'k1')!);
      const gradient = tf.grad((anchor) => compute(...inputs.with(0, anchor)).loss)(inputs[0]!);
      for (const value of gradient.dataSync()) expect(Math.abs(value)).toBeLessThan(1e-6);
    });
  });

  it('adds up over micro-batches when given the count of the whole batch', () => {
    tf.tidy(() => {
      const example = reference.sampled[0]!;
      const normalizer = example.mask.reduce((sum, bit) => sum + bit, 0);
      const [rows, steps] = example.shape as [number, number];
      const shares = Array.from({ length: rows }, (_, row) => {
        const part = (values: readonly number[]) => values.slice(row * steps, (row + 1) * steps);
        const { inputs, compute } = lossOf(
          { ...example, shape: [1, steps], mask: part(example.mask), branches: example.branches.map(part) },
          { normalizer },
        );
        return compute(...inputs).loss.dataSync()[0]!;
      });
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(example.loss, 5);
      // The last row is padding alone.
      expect(shares.at(-1)).toBe(0);
    });
  });

  it('lies between 0 and log(1 + K e^(range/τ)), and is ln(1 + K) when all views agree', () => {
    const logProb = fc.float({ min: -20, max: 0, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(logProb, logProb, logProb, logProb), { minLength: 1, maxLength: 6 }),
        fc.constantFrom('k1' as const, 'k3' as const),
        (tokens, distance) =>
          tf.tidy(() => {
            const branch = (index: number) => ({
              logProbs: tf.tensor2d([tokens.map((token) => token[index]!)]),
            });
            const mask = tf.ones<tf.Rank.R2>([1, tokens.length]);
            const input = { anchor: branch(0), positive: branch(1), negatives: [branch(2), branch(3)], mask };
            const range = distance === 'k1' ? 20 : 10;
            for (const value of contrastivePerceptionLoss(input, { distance }).perToken.dataSync()) {
              expect(value).toBeGreaterThanOrEqual(0);
              expect(value).toBeLessThanOrEqual(range / 0.1 + Math.log(2) + 1e-3);
            }
            const same = { ...input, positive: branch(2), negatives: [branch(2), branch(2)] };
            expectClose(contrastivePerceptionLoss(same, { distance }).loss, [Math.log(3)]);
          }),
      ),
      { numRuns: 40 },
    );
  });

  it('bounds js by ln 2 and kl below by 0, for logits of ±10 000 too', () => {
    tf.tidy(() => {
      const headWeight = tf.tensor2d([[1e4], [-1e4], [0]]);
      const hidden = (values: number[]) => ({ hidden: tf.tensor3d(values, [1, values.length, 1]) });
      const input = {
        anchor: hidden([1, 1, 0.00001]),
        positive: hidden([1, -1, 0.00002]),
        negatives: [hidden([-1, 1, -0.00001])],
        mask: tf.ones<tf.Rank.R2>([1, 3]),
        headWeight,
      };
      const { distances } = contrastivePerceptionLoss(input, { distance: 'js' });
      expectClose(tf.slice(distances.positive, [0, 0], [1, 2]), [0, Math.LN2], 1e-6);
      expectClose(tf.slice(distances.negatives[0]!, [0, 0], [1, 2]), [Math.LN2, 0], 1e-6);
      const kl = contrastivePerceptionLoss(input, { distance: 'kl' });
      expectClose(tf.slice(kl.distances.positive, [0, 0], [1, 2]), [0, 20000], 1e-6);
      for (const distance of ['js', 'kl'] as const) {
        const gradient = tf.grad(
          (states) =>
            contrastivePerceptionLoss({ ...input, anchor: { hidden: states as tf.Tensor3D } }, { distance })
              .loss,
        )(input.anchor.hidden);
        expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
      }
    });
  });

  it('never holds the logits of more than a chunk', () => {
    tf.tidy(() => {
      const [tokens, vocabulary, depth] = [512, 400, 2];
      const state = (seed: number) => ({
        hidden: tf.randomNormal<tf.Rank.R3>([1, tokens, depth], 0, 1, 'float32', seed),
      });
      const headWeight = tf.randomNormal<tf.Rank.R2>([vocabulary, depth], 0, 1, 'float32', 4);
      const views = { positive: state(2), negatives: [state(3)] };
      const anchor = state(1);
      const mask = tf.ones<tf.Rank.R2>([1, tokens]);
      const backend = tf.engine().backend as unknown as { disposeData: (...args: unknown[]) => boolean };
      const peak = (chunk: number) => {
        const dispose = backend.disposeData.bind(backend);
        let highest = 0;
        // Every chunk frees its tensors when it ends: memory is highest just before something is freed.
        backend.disposeData = (...args) => {
          highest = Math.max(highest, tf.memory().numBytes);
          return dispose(...args);
        };
        const before = tf.memory().numBytes;
        tf.grads(
          (hidden, head) =>
            contrastivePerceptionLoss(
              { anchor: { hidden: hidden as tf.Tensor3D }, ...views, mask, headWeight: head as tf.Tensor2D },
              { distance: 'kl', chunk },
            ).loss,
        )([anchor.hidden, headWeight]);
        backend.disposeData = dispose;
        return highest - before;
      };
      const all = tokens * vocabulary * 4;
      expect(peak(tokens)).toBeGreaterThan(3 * all);
      expect(peak(8)).toBeLessThan(all / 2);
    });
  });

  it.each(['kl', 'js'] as const)('takes a head that multiplies: %s', (distance) => {
    const state = (seed: number) => tf.randomNormal<tf.Rank.R3>([1, 6, 4], 0, 1, 'float32', seed);
    const [anchor, positive, negative] = [state(1), state(2), state(3)];
    const weight = tf.randomNormal<tf.Rank.R2>([9, 4], 0, 1, 'float32', 4);
    const mask = tf.tensor2d([1, 1, 0, 1, 1, 1], [1, 6]);
    const multiplying: Head = {
      shape: weight.shape,
      product: (hidden) => tf.matMul(hidden, weight, false, true),
      inputGradient: (dLogits) => tf.matMul(dLogits, weight),
    };
    const before = tf.memory().numTensors;
    const gradients = (headWeight: HeadWeight) =>
      tf.grads((hidden, head) => {
        const views = { positive: { hidden: positive }, negatives: [{ hidden: negative }] };
        const input = { anchor: { hidden: hidden as tf.Tensor3D }, ...views, mask, headWeight };
        const { loss } = contrastivePerceptionLoss(input, { distance, chunk: 2 });
        return tf.add(loss, tf.mul(tf.sum(head!), 0));
      })([anchor, weight]);
    const plain = gradients(weight);
    const trained = gradients({ ...multiplying, trained: weight });
    const frozen = gradients(multiplying);
    expect(tf.memory().numTensors).toBe(before + 6);
    const numbers = (tensor: tf.Tensor | undefined) => Array.from(tensor!.dataSync());
    expect(Math.hypot(...numbers(plain[1]))).toBeGreaterThan(0.01);
    expectClose(trained[1]!, numbers(plain[1]), 1e-6);
    expect(Math.hypot(...numbers(frozen[1]))).toBe(0);
    for (const [toAnchor] of [trained, frozen]) expectClose(toAnchor!, numbers(plain[0]), 1e-6);
    // An empty mask has no tokens to look at, and a frozen head nothing to connect.
    const empty = {
      anchor: { hidden: anchor },
      positive: { hidden: positive },
      negatives: [{ hidden: negative }],
    };
    const { loss } = contrastivePerceptionLoss(
      { ...empty, mask: tf.zerosLike(mask), headWeight: multiplying },
      { distance },
    );
    expect(loss.dataSync()[0]).toBe(0);
  });

  it.each(['k3', 'kl'])('leaves no tensor behind: %s', (distance) => {
    const example = examples.find((candidate) => candidate.distance === distance)!;
    const { inputs, compute } = lossOf(example);
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      compute(...inputs);
    });
    tf.dispose(tf.grads((...tensors) => compute(...tensors).loss)(inputs));
    expect(tf.memory().numTensors).toBe(before);
    const mask = tf.tensor([...example.mask]);
    const result = compute(...inputs);
    // loss, per token, two distances, the mask that `compute` made, and `mask`.
    expect(tf.memory().numTensors).toBe(before + 6);
    tf.dispose([
      result.loss,
      result.perToken,
      result.distances.positive,
      ...result.distances.negatives,
      mask,
    ]);
    tf.dispose(inputs);
  });

  it('knows the published variants', () => {
    expect(contrastiveLossPresets.cppoVerl).toEqual({ distance: 'k3', tau: 0.1 });
    expect(contrastiveLossPresets.cppoAreal).toEqual({ distance: 'k1', tau: 0.1 });
    expect(contrastiveLossPresets.paper).toEqual({ distance: 'kl', tau: 0.1 });
    tf.tidy(() => {
      const { inputs, compute } = lossOf(reference.sampled[0]!, contrastiveLossPresets.cppoVerl);
      expectClose(compute(...inputs).loss, [reference.sampled[0]!.loss]);
    });
  });

  it('says what is wrong', () => {
    tf.tidy(() => {
      const branch = { logProbs: tf.zeros<tf.Rank.R2>([2, 3]) };
      const mask = tf.ones<tf.Rank.R2>([2, 3]);
      const input = { anchor: branch, positive: branch, negatives: [branch], mask };
      expect(() => contrastivePerceptionLoss({ ...input, negatives: [] })).toThrow(/there is no negative/);
      expect(() =>
        contrastivePerceptionLoss({ ...input, negatives: [{ logProbs: tf.zeros<tf.Rank.R2>([2, 4]) }] }),
      ).toThrow(
        "contrastivePerceptionLoss: negatives[0].logProbs is [2,4] and mask [2,3]; expected [2,3] for distance 'k3'.",
      );
      expect(() => contrastivePerceptionLoss(input, { distance: 'kl' })).toThrow(/no headWeight/);
      expect(() =>
        contrastivePerceptionLoss({ ...input, headWeight: tf.zeros([5, 4]) }, { distance: 'kl' }),
      ).toThrow(/anchor\.hidden is missing and mask \[2,3\]; expected \[2,3,4\]/);
      expect(() => contrastivePerceptionLoss(input, { tau: 0 })).toThrow(
        /contrastivePerceptionLoss: tau is 0: /,
      );
      expect(() => contrastivePerceptionLoss(input, { distance: 'k2' as never })).toThrow(/distance/);
    });
  });
});
