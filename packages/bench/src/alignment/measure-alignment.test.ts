import '@tensorflow/tfjs';
import { type Policy, policyTerm, type RewardedGroup, type ScoreRequest } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../tasks/random.js';
import { alignmentFiles } from './alignment-report.js';
import { type AlignedGroup, measureAlignment } from './measure-alignment.js';
import { perceptionRows } from './perception-rows.js';

/** A picture is four numbers: the first two say which answer is right, the others are clutter. */
type Picture = readonly number[];

/** A model that answers 0 or 1 in two tokens: logits = W · picture + bias of the place. */
class Seer implements Policy<Picture> {
  readonly weights = tf.tidy(() => {
    const numbers = [0.6, -0.2, 0.3, -0.1, -0.3, 0.5, 0.1, 0.2];
    return tf.variable(tf.tensor2d(numbers, [2, 4]), true, 'layers.0.w');
  });
  readonly bias = tf.tidy(() => tf.variable(tf.tensor2d([0.2, -0.1, 0, 0.3], [2, 2]), true, 'bias'));
  readonly variables = [this.weights, this.bias];

  // No distance of whole distributions is asked for, so nothing is read of it.
  readonly headWeight = tf.zeros<tf.Rank.R2>([2, 1]);

  generate(): never {
    throw new Error('not needed');
  }

  score(requests: readonly ScoreRequest<Picture>[]) {
    const rows = requests.flatMap(({ prompt, completions }) =>
      completions.map((tokens) => ({ prompt, tokens })),
    );
    const seen = tf.matMul(tf.tensor2d(rows.map(({ prompt }) => [...prompt])), this.weights, false, true);
    const logP = tf.logSoftmax(tf.add(tf.expandDims(seen, 1), this.bias));
    const chosen = tf.oneHot(
      tf.tensor2d(
        rows.map(({ tokens }) => [...tokens]),
        undefined,
        'int32',
      ),
      2,
    );
    return {
      logProbs: tf.sum(tf.mul(logP, chosen), 2) as tf.Tensor2D,
      entropies: tf.neg(tf.sum(tf.mul(tf.exp(logP), logP), 2)) as tf.Tensor2D,
      mask: tf.ones<tf.Rank.R2>([rows.length, 2]),
    };
  }
}

const blank: Picture = [0, 0, 0, 0];

/** Questions of a step, answered by the model itself; the first token has to name the picture. */
function sampleStep(
  policy: Seer,
  step: number,
  views: Readonly<Record<string, (picture: Picture) => Picture>>,
) {
  return Array.from({ length: 12 }, (_, q): AlignedGroup<Picture> => {
    const random = randomFrom(`question ${step} ${q}`);
    const right = random.integer(0, 1);
    const picture = [right === 0 ? 1 : 0, right, random.next() - 0.5, random.next() - 0.5];
    const pairs = [0, 1].flatMap((first) => [0, 1].map((second) => Int32Array.of(first, second)));
    const scores = tf.tidy(() =>
      policy.score([{ prompt: picture, completions: pairs }]).logProbs.arraySync(),
    );
    const completions = Array.from({ length: 6 }, () => {
      let left = random.next();
      const drawn = pairs.findIndex((_, i) => {
        left -= Math.exp(scores[i]![0]! + scores[i]![1]!);
        return left < 0;
      });
      const at = drawn < 0 ? pairs.length - 1 : drawn;
      return { tokens: pairs[at]!, logProbs: Float32Array.from(scores[at]!), text: '', truncated: false };
    });
    const rewards = Float32Array.from(completions, ({ tokens }) => (tokens[0] === right ? 1 : 0));
    const mean = rewards.reduce((sum, reward) => sum + reward) / rewards.length;
    const group: RewardedGroup<Picture> = {
      ...{ id: `${step}/${q}`, prompt: picture, completions, rewards, accuracies: rewards },
      advantages: rewards.map((reward) => reward - mean),
      // The first token comes from the picture.
      knownTokens: completions.map(() => [1, 0]),
    };
    return { group, view: (name) => views[name]!(picture) };
  });
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

async function measured(
  views: Readonly<Record<string, (picture: Picture) => Picture>>,
  blocks: number,
  families?: readonly string[],
) {
  const policy = new Seer();
  const all = perceptionRows({
    base: { distance: 'k1', tau: 1, detector: 'shift', seed: (group) => Number(group.replace('/', '0')) },
    ...{ known: true, preserving: ['same'], removing: ['none'] },
  });
  // This model has no hidden states.
  const rows = all.filter(
    ({ family, name }) => name !== 'kl' && name !== 'js' && (families?.includes(family) ?? true),
  );
  const alignment = await measureAlignment({
    ...{ policy, microBatch: 12, temperature: 1, blocks, rows },
    policyTerms: [policyTerm<Picture>()],
    stepsPerBlock: 2,
    sampleStep: async (step) => sampleStep(policy, step, views),
  });
  tf.dispose([...policy.variables, policy.headWeight]);
  return alignment;
}

const same = (picture: Picture) => picture;
const nothing = () => blank;
const views = { preserving: same, removing: nothing, same, none: nothing };

describe('measureAlignment', () => {
  it('passes its own checks, and tells a loss that helps from one that harms', async () => {
    const tensors = tf.memory().numTensors;
    const honest = await measured(views, 8, ['loss', 'detector', 'share']);
    expect(tf.memory().numTensors).toBe(tensors);
    for (const { name, expected, cosine } of honest.checks) {
      expect(Math.abs(cosine.value - expected), name).toBeLessThan(0.15);
      expect(cosine.low, name).toBeLessThan(expected + 1e-3);
      expect(cosine.high, name).toBeGreaterThan(expected - 1e-3);
    }
    expect(honest.policy.cosine.value).toBeGreaterThan(0.9);
    const row = (alignment: typeof honest, name: string) =>
      alignment.rows.find((each) => each.name === name)!;
    expect(row(honest, 'known tokens').cosine.low).toBeGreaterThan(0.5);
    // The views exchanged: the model is taught to answer as if it saw nothing.
    const wrong = { ...views, preserving: nothing, removing: same };
    const exchanged = await measured(wrong, 8, ['detector']);
    expect(row(exchanged, 'known tokens').cosine.high).toBeLessThan(-0.5);
    expect(row(honest, 'known tokens').gain.low).toBeGreaterThan(0);
    // One of the two tokens of a completion.
    expect(2 * row(honest, 'known tokens').tokens!).toBeCloseTo(row(honest, 'all tokens').tokens!, 6);
    expect(row(exchanged, 'known tokens').gain.high).toBeLessThan(0);
    expect(honest.policy.gain.value).toBeCloseTo(0.1, 10);
    // A third of the groups: the same direction, with more noise.
    expect(row(honest, '0.3 of the groups').signal).toBeLessThan(row(honest, 'as it is trained').signal);
    // A λ of a tenth is a tenth of the ratio of the norms.
    const trained = row(honest, 'as it is trained');
    expect(trained.coefficient * trained.stepRatio).toBeCloseTo(0.1, 10);
    expect(honest.layers.map(({ layer }) => layer)).toEqual(['text 0', 'text, the rest']);
  });

  it('is written as a page, JSON and a plot', async () => {
    const files = alignmentFiles(await measured(views, 4), 'A test.');
    expect(Object.keys(files)).toEqual(['alignment.json', 'alignment.md', 'alignment.svg']);
    expect(files['alignment.md']).toContain('## By pass');
    expect(files['alignment.md']).toContain('| answers made likelier by what they lack of it |');
    expect(JSON.parse(files['alignment.json']!).questions).toBe(96);
    expect(files['alignment.svg']).toContain('token: all others');
  });

  it('says when there is nothing to learn from, and refuses what it cannot use', async () => {
    const policy = new Seer();
    const options = {
      ...{ policy, microBatch: 12, temperature: 1, blocks: 4, rows: [], policyTerms: [] },
      sampleStep: async (step: number) =>
        sampleStep(policy, step, {}).map(({ group, view }) => ({
          group: { ...group, rewards: group.rewards.map(() => 1) },
          view,
        })),
    };
    await expect(measureAlignment(options)).rejects.toThrow('no group has rewards that differ');
    await expect(measureAlignment({ ...options, blocks: 3 })).rejects.toThrow(
      'blocks is 3; expected a whole',
    );
    await expect(measureAlignment({ ...options, block: 4 } as typeof options)).rejects.toThrow(
      'unknown option "block", did you mean "blocks"?',
    );
    tf.dispose([...policy.variables, policy.headWeight]);
  });
});
