import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../test/expect-close.js';
import golden from '../__fixtures__/kl.json';
import { asHead, exactKl, type HeadWeight } from '../index.js';

const { positions, depth, vocabulary, temperature, ...numbers } = golden.exact;
const states = (values: number[]) => tf.tensor2d(values, [positions, depth]);
const head = (values: number[]) => tf.tensor2d(values, [vocabulary, depth]);

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe(`exactKl against torch ${golden.versions.torch}`, () => {
  it.each([1, 3, 7, 100])('value and both gradients, %i positions at a time', (chunk) => {
    const kl = (hidden: tf.Tensor, headWeight: tf.Tensor) =>
      exactKl({
        hidden,
        headWeight: headWeight as tf.Tensor2D,
        refHidden: states(numbers.refHidden),
        refHeadWeight: head(numbers.refHead),
        temperature,
        chunk,
      });
    expectClose(kl(states(numbers.hidden), head(numbers.head)).dataSync(), numbers.kl);
    const gradients = tf.grads((hidden, headWeight) =>
      tf.sum(tf.mul(kl(hidden!, headWeight!), tf.tensor1d(numbers.upstream))),
    )([states(numbers.hidden), head(numbers.head)]);
    expectClose(gradients[0]!.dataSync(), numbers.hiddenGradient);
    expectClose(gradients[1]!.dataSync(), numbers.headGradient);
  });

  it('spares the gradient of a frozen head, and leaks nothing', () => {
    const hidden = states(numbers.hidden);
    const constants = { headWeight: head(numbers.head), refHidden: states(numbers.refHidden) };
    const tensors = tf.memory().numTensors;
    const gradient = (headGradient: boolean) =>
      tf.tidy(() =>
        tf
          .grad((x) => tf.sum(exactKl({ hidden: x, ...constants, temperature, headGradient })))(hidden)
          .dataSync(),
      );
    expectClose(gradient(false), gradient(true), 1e-6);
    expect(Math.max(...gradient(false).map(Math.abs))).toBeGreaterThan(0.01);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('takes a head that multiplies, which gets a gradient where it says what is trained', () => {
    const weight = head(numbers.head);
    const frozen = { ...asHead(weight), trained: undefined };
    const constants = { refHidden: states(numbers.refHidden), temperature, chunk: 3 };
    const hidden = states(numbers.hidden);
    const gradients = (headWeight: HeadWeight) =>
      tf.grads((h, w) =>
        tf.add(tf.sum(exactKl({ hidden: h!, headWeight, ...constants })), tf.sum(tf.mul(w!, 0))),
      )([hidden, weight]);
    const before = tf.memory().numTensors;
    const [plain, multiplying, without] = [weight, asHead(weight), frozen].map(gradients);
    expect(tf.memory().numTensors).toBe(before + 6);
    for (const found of [multiplying, without]) {
      expectClose(found![0]!.dataSync(), plain![0]!.dataSync(), 1e-7);
    }
    expect(Math.max(...plain![1]!.dataSync().map(Math.abs))).toBeGreaterThan(0.01);
    expectClose(multiplying![1]!.dataSync(), plain![1]!.dataSync(), 1e-7);
    expect(Math.max(...without![1]!.dataSync().map(Math.abs))).toBe(0);
  });

  it('is 0 between equal policies', () => {
    const kl = exactKl({
      hidden: states(numbers.hidden),
      headWeight: head(numbers.head),
      refHidden: states(numbers.hidden),
    });
    expectClose(kl.dataSync(), new Array(positions).fill(0), 1e-6);
  });

  it('names the shapes', () => {
    expect(() =>
      exactKl({ hidden: tf.zeros([2, 3]), headWeight: tf.zeros([5, 4]), refHidden: tf.zeros([2, 3]) }),
    ).toThrow(/exactKl: hidden is \[2,3\]/);
  });
});
