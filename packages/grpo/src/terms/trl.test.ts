import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, it } from 'vitest';
import { expectClose } from '../../test/expect-close.js';
import golden from '../__fixtures__/policy-loss.json';
import {
  entropyTerm,
  klTerm,
  type LossTerm,
  type Policy,
  type RewardedGroup,
  type TokenScores,
} from '../index.js';

const { rows, length } = golden;
const matrix = (values: number[]) => tf.tensor2d(values, [rows, length]);
const rowOf = (values: number[], row: number, count: number) =>
  Float32Array.from(values.slice(row * length, row * length + count));

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** One group whose completions have the fixture's lengths and log-probabilities. */
function fixtureGroup(): RewardedGroup<null> {
  const completions = Array.from({ length: rows }, (_, row) => {
    const count = golden.mask.slice(row * length, (row + 1) * length).reduce((sum, m) => sum + m, 0);
    return {
      tokens: new Int32Array(count),
      logProbs: rowOf(golden.oldLogProbs, row, count),
      text: '',
      truncated: false,
    };
  });
  const advantages = Float32Array.from(golden.advantages);
  return {
    id: 'fixture',
    prompt: null,
    completions,
    advantages,
    rewards: advantages,
    accuracies: advantages,
  };
}

/** Whatever it is asked, it answers with these numbers. */
function answering(logProbs: number[]): Policy<null> {
  return {
    variables: [],
    headWeight: tf.zeros([1, 1]),
    generate: async () => [],
    score: () => ({
      logProbs: matrix(logProbs),
      entropies: matrix(golden.entropies),
      mask: matrix(golden.mask),
    }),
  };
}

async function shareAndGradient(term: LossTerm<null>, input: 'logProbs' | 'entropies') {
  const group = fixtureGroup();
  const prepared = await term.prepare([group], answering(golden.logProbs));
  const scores: TokenScores = answering(golden.logProbs).score([]);
  const { value, grad } = tf.valueAndGrad((x) =>
    prepared.loss([group], { ...scores, [input]: x as tf.Tensor2D }),
  )(scores[input]);
  return { share: value.dataSync(), gradient: grad.dataSync(), figures: await prepared.metrics?.() };
}

describe(`terms against TRL ${golden.versions.trl}`, () => {
  const reference = { score: () => answering(golden.refLogProbs).score([]) };
  const { coefficient, share, mean, gradient, correctedShare, correctedGradient } = golden.kl;

  it('klTerm', async () => {
    const found = await shareAndGradient(klTerm({ coefficient, reference }), 'logProbs');
    expectClose(found.share, [share]);
    expectClose(found.gradient, gradient);
    expectClose([found.figures!['policy/kl']!], [mean]);
  });

  it('klTerm weighted by the ratio', async () => {
    const found = await shareAndGradient(klTerm({ coefficient, reference, weightByRatio: true }), 'logProbs');
    expectClose(found.share, [correctedShare]);
    expectClose(found.gradient, correctedGradient);
  });

  it('entropyTerm', async () => {
    const found = await shareAndGradient(
      entropyTerm({ coefficient: golden.entropy.coefficient }),
      'entropies',
    );
    expectClose(found.share, [golden.entropy.share]);
    expectClose(found.gradient, golden.entropy.gradient);
  });
});
