import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../test/expect-close.js';
import golden from '../__fixtures__/policy-loss.json';
import { type LossType, lossTypes, type PolicyLossOptions, policyLoss } from '../index.js';

const { rows, length, maxLength } = golden;
const matrix = (values: number[]) => tf.tensor2d(values, [rows, length]);
const counts = { tokens: golden.mask.reduce((sum, m) => sum + m, 0), sequences: rows, maxLength };
const names = Object.keys(lossTypes) as LossType[];

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function inputs(logProbs: tf.Tensor2D) {
  return {
    logProbs,
    oldLogProbs: matrix(golden.oldLogProbs),
    advantages: tf.tensor1d(golden.advantages),
    mask: matrix(golden.mask),
    counts,
  };
}

function valueAndGradient(options: PolicyLossOptions, importanceWeights?: tf.Tensor2D) {
  const { value, grad } = tf.valueAndGrad(
    (x) =>
      policyLoss({ ...inputs(x as tf.Tensor2D), ...(importanceWeights && { importanceWeights }) }, options)
        .loss,
  )(matrix(golden.logProbs));
  return { value: value.dataSync(), gradient: grad.dataSync() };
}

describe(`policyLoss against TRL ${golden.versions.trl}`, () => {
  it.each(golden.cases)('$name: value and gradient', ({ options, loss, gradient }) => {
    const found = valueAndGradient(options as PolicyLossOptions);
    expectClose(found.value, [loss]);
    expectClose(found.gradient, gradient);
  });

  it.each(golden.weighted)(
    '$name with importance weights: value and gradient',
    ({ name, options, loss, gradient }) => {
      const weights = matrix(golden.importanceWeights);
      const perCompletion = name === 'grpo' || name === 'vespo, per completion';
      const found = valueAndGradient(
        options as PolicyLossOptions,
        perCompletion ? tf.slice(weights, [0, 0], [rows, 1]) : weights,
      );
      expectClose(found.value, [loss]);
      expectClose(found.gradient, gradient);
    },
  );

  it.each(golden.cases.filter(({ name }) => /dapo|cispo/.test(name)))(
    '$name: clip fractions',
    ({ options, metrics }) => {
      const { clippedLow, clippedHigh } = policyLoss(
        inputs(matrix(golden.logProbs)),
        options as PolicyLossOptions,
      ).metrics;
      if (options.loss === 'cispo') {
        expectClose(clippedHigh.dataSync(), [(metrics as { cispo_clip_ratio?: number }).cispo_clip_ratio!]);
        return;
      }
      const { 'clip_ratio/low_mean': low, 'clip_ratio/high_mean': high } = metrics as Record<string, number>;
      expectClose(clippedLow.dataSync(), [low!]);
      expectClose(clippedHigh.dataSync(), [high!]);
    },
  );
});

describe('policyLoss', () => {
  it('computes the example of its formula', () => {
    // Ratios 1.5 and 0.5 at A = 2 and A = −1: −min(3, 2.4) = −2.4 and −min(−0.5, −0.8) = 0.8; mean −0.8.
    const loss = policyLoss({
      logProbs: tf.tensor2d([[Math.log(1.5)], [Math.log(0.5)]]),
      oldLogProbs: tf.zeros([2, 1]),
      advantages: tf.tensor1d([2, -1]),
      mask: tf.ones([2, 1]),
    });
    expectClose(loss.loss.dataSync(), [-0.8]);
    expectClose(loss.perToken.dataSync(), [-2.4, 0.8]);
    const { clippedLow, clippedHigh, ratioMean, ratioMin, ratioMax } = loss.metrics;
    const metrics = [clippedLow, clippedHigh, ratioMean, ratioMin, ratioMax].map(
      (figure) => figure.dataSync()[0]!,
    );
    expectClose(metrics, [0.5, 0.5, 1, 0.5, 1.5]);
  });

  it('bounds the loss of a bad token by the dual clip', () => {
    const at = (dualClip: number | null) =>
      policyLoss(
        {
          logProbs: tf.tensor2d([[Math.log(50)]]),
          oldLogProbs: tf.zeros([1, 1]),
          advantages: tf.tensor1d([-2]),
          mask: tf.ones([1, 1]),
        },
        { dualClip },
      ).loss.dataSync()[0];
    expect(at(3)).toBeCloseTo(6, 4);
    expect(at(null)).toBeCloseTo(100, 3);
  });

  it.each(names)('%s: masking equals deleting, of tokens and of completions', (loss) => {
    // Rubbish on padding, in a longer matrix with a masked row more.
    const pad = (values: number[], rubbish: number, extra: number) =>
      tf.tensor2d([
        ...Array.from({ length: rows }, (_, r) => [
          ...values
            .slice(r * length, (r + 1) * length)
            .map((x, t) => (golden.mask[r * length + t] ? x : rubbish)),
          ...Array(extra).fill(rubbish),
        ]),
        Array(length + extra).fill(rubbish),
      ]);
    const padded = policyLoss(
      {
        logProbs: pad(golden.logProbs, -3.5, 2),
        oldLogProbs: pad(golden.oldLogProbs, -0.25, 2),
        advantages: tf.tensor1d([...golden.advantages, 7]),
        mask: pad(golden.mask, 0, 2),
        counts,
      },
      { loss },
    );
    const plain = policyLoss(inputs(matrix(golden.logProbs)), { loss });
    expectClose(padded.loss.dataSync(), plain.loss.dataSync(), 1e-6);
  });

  it.each(names)('%s: parts add up to the whole', (loss) => {
    const whole = policyLoss(inputs(matrix(golden.logProbs)), { loss });
    const { counts: of, advantages, ...tensors } = inputs(matrix(golden.logProbs));
    const parts = [0, 2, 4].map((start) => {
      const cut = Object.fromEntries(
        Object.entries(tensors).map(([name, tensor]) => [name, tf.slice(tensor, [start, 0], [2, length])]),
      ) as typeof tensors;
      return policyLoss({ ...cut, advantages: tf.slice(advantages, start, 2), counts: of }, { loss });
    });
    const sum = (figure: (loss: ReturnType<typeof policyLoss>) => tf.Scalar) =>
      parts.reduce((total, part) => total + figure(part).dataSync()[0]!, 0);
    expectClose([sum((part) => part.loss)], whole.loss.dataSync(), 1e-6);
    expectClose([sum((part) => part.metrics.clippedLow)], whole.metrics.clippedLow.dataSync(), 1e-6);
    expectClose([sum((part) => part.metrics.ratioMean)], whole.metrics.ratioMean.dataSync(), 1e-6);
  });

  it.each(names)('%s: on-policy the gradient is −A·∇ℓ over its denominator', (loss) => {
    const gradient = tf.grad(
      (x) => policyLoss({ ...inputs(x as tf.Tensor2D), oldLogProbs: matrix(golden.logProbs) }, { loss }).loss,
    )(matrix(golden.logProbs));
    const lengthOf = (r: number) =>
      golden.mask.slice(r * length, (r + 1) * length).reduce((a, b) => a + b, 0);
    const { aggregation } = lossTypes[loss];
    const denominator = (r: number) => {
      if (aggregation === 'token-mean') return counts.tokens;
      if (aggregation === 'fixed-length') return rows * maxLength;
      return aggregation === 'sequence-mean' ? rows * lengthOf(r) : rows;
    };
    const expected = golden.mask.map((m, i) => {
      const r = Math.floor(i / length);
      return m ? -golden.advantages[r]! / denominator(r) : 0;
    });
    expectClose(gradient.dataSync(), expected, 1e-5);
  });

  it('gives 0 with zero gradient for an empty mask', () => {
    for (const loss of names) {
      const empty = { mask: tf.zeros<tf.Rank.R2>([rows, length]), counts: { tokens: 0, sequences: 0 } };
      const { value, grad } = tf.valueAndGrad(
        (x) => policyLoss({ ...inputs(x as tf.Tensor2D), ...empty }, { loss }).loss,
      )(matrix(golden.logProbs));
      expect(value.dataSync()[0]).toBeCloseTo(0, 12);
      expect(Array.from(grad.dataSync()).every((g) => g === 0)).toBe(true);
    }
  });

  it('stays finite however far the policies are apart', () => {
    const logProb = fc.double({ min: -200, max: 0, noNaN: true });
    fc.assert(
      fc.property(
        logProb,
        logProb,
        fc.double({ min: -5, max: 5, noNaN: true }),
        fc.constantFrom(...names),
        (x, old, a, loss) => {
          const { value, grad } = tf.valueAndGrad(
            (l) =>
              policyLoss(
                {
                  logProbs: l as tf.Tensor2D,
                  oldLogProbs: tf.tensor2d([[old]]),
                  advantages: tf.tensor1d([a]),
                  mask: tf.ones([1, 1]),
                },
                { loss },
              ).loss,
          )(tf.tensor2d([[x]]));
          expect(Number.isFinite(value.dataSync()[0])).toBe(true);
          expect(Number.isFinite(grad.dataSync()[0])).toBe(true);
        },
      ),
    );
  });

  it('names what does not fit', () => {
    const good = inputs(matrix(golden.logProbs));
    expect(() => policyLoss({ ...good, mask: tf.ones([rows, 2]) })).toThrow(
      /policyLoss: mask is \[6,2\]; expected \[6,5\]/,
    );
    expect(() => policyLoss({ ...good, advantages: tf.ones([2]) })).toThrow(
      /policyLoss: advantages is \[2\]/,
    );
    expect(() => policyLoss(good, { loss: 'ppo' as never })).toThrow(/policyLoss.*loss/s);
    expect(() => policyLoss(good, { dualClip: 0.5 })).toThrow(/dualClip/);
  });
});
