import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { rewardedGroups } from '../../test/rewarded-groups.js';
import { ToyPolicy, type ToyPrompt } from '../../test/toy-policy.js';
import {
  AdamW,
  alone,
  type Cluster,
  connectInProcess,
  entropyTerm,
  gatherGroups,
  klTerm,
  type LossTerm,
  ownGroups,
  papoTerm,
  policyTerm,
  type RewardedGroup,
  type RolloutTrainingOptions,
  type StepReport,
  scoreBatch,
  trainingStep,
  trainOnRollouts,
  vppoTerm,
} from '../index.js';

/** Five groups of a policy as all learners have it before it moves. */
let sampled: readonly RewardedGroup<ToyPrompt>[];
beforeAll(async () => {
  await tf.setBackend('cpu');
  sampled = await rewardedGroups(new ToyPolicy(5, 3, 4, 3), 5);
});

type Terms = (reference: ToyPolicy) => LossTerm<ToyPrompt>[];
type Settings = Pick<RolloutTrainingOptions<ToyPrompt>, 'miniBatch' | 'epochs' | 'microBatch'>;

interface Trained {
  readonly reports: readonly StepReport[];
  /** Of the first step. */
  readonly gradient: readonly number[];
  readonly weights: readonly number[];
}

const flat = (tensors: readonly tf.Tensor[]) => tensors.flatMap((tensor) => Array.from(tensor.dataSync()));

/** One learner: a policy of its own with the weights of all, and the groups of its places. */
async function learn(cluster: Cluster, terms: Terms, settings: Settings): Promise<Trained> {
  const policy = new ToyPolicy(5, 3, 4, 3);
  const reference = new ToyPolicy(5, 3, 4, 11);
  tf.tidy(() => {
    for (const variable of policy.variables) variable.assign(tf.mul(variable, 1.05));
  });
  const own = sampled.filter((_, place) => place % cluster.size === cluster.rank);
  const batch = await gatherGroups({ groups: own, cluster, advantages: { scale: 'whiten' } });
  const adam = new AdamW(policy.variables);
  let gradient: number[] | undefined;
  const optimizer = {
    apply(gradients: Readonly<Record<string, tf.Tensor>>, learningRate: number) {
      gradient ??= flat(policy.variables.flatMap(({ name }) => gradients[name] ?? []));
      adam.apply(gradients, learningRate);
    },
  };
  const reports = await trainOnRollouts({
    ...{ policy, groups: batch, terms: terms(reference), optimizer, cluster },
    ...{ learningRate: 0.05, maxGradientNorm: Number.POSITIVE_INFINITY, ...settings },
  });
  return { reports, gradient: gradient ?? [], weights: flat(policy.variables) };
}

const norm = (values: readonly number[]) => Math.hypot(...values);
const distance = (a: readonly number[], b: readonly number[]) => norm(a.map((value, i) => value - b[i]!));
const figures = ({ reports }: Trained) =>
  reports.map(({ metrics }) => Object.entries(metrics).filter(([key]) => !key.startsWith('seconds/')));

const objectives: [string, Terms][] = [
  ['grpo with KL', (reference) => [policyTerm(), klTerm({ coefficient: 0.1, reference })]],
  [
    'grpo with exact KL',
    (reference) => [policyTerm({ loss: 'grpo' }), klTerm({ coefficient: 0.1, kind: 'exact', reference })],
  ],
  ['dr_grpo with entropy', () => [policyTerm({ loss: 'dr_grpo' }), entropyTerm({ coefficient: 0.05 })]],
  ['papo', () => [policyTerm(), papoTerm({ gamma: 0.5 })]],
  ['vppo', () => [vppoTerm()]],
];
const settings: [string, Settings][] = [
  ['in one update', {}],
  ['in mini-batches and epochs', { miniBatch: 2, epochs: 2, microBatch: 1 }],
];

describe.each(objectives)('%s', (_, terms) => {
  it.each(settings)('is trained by 2, 3 and 7 learners as by one, %s', async (__, how) => {
    const one = await learn(alone, terms, how);
    expect(norm(one.gradient)).toBeGreaterThan(0.01);
    for (const size of [2, 3, 7]) {
      // 7 are more than there are groups.
      const all = await Promise.all(connectInProcess(size).map((cluster) => learn(cluster, terms, how)));
      for (const learner of all) {
        expect(learner.gradient).toEqual(all[0]!.gradient);
        expect(learner.weights).toEqual(all[0]!.weights);
        expect(distance(learner.gradient, one.gradient) / norm(one.gradient)).toBeLessThan(1e-6);
        expect(distance(learner.weights, one.weights) / norm(one.weights)).toBeLessThan(1e-5);
        const [found, expected] = [figures(learner), figures(one)];
        expect(found.map((step) => step.map(([key]) => key).sort())).toEqual(
          expected.map((step) => step.map(([key]) => key).sort()),
        );
        for (const [i, step] of expected.entries()) {
          const own = Object.fromEntries(found[i]!);
          for (const [key, value] of step) expect(own[key], key).toBeCloseTo(value, 5);
        }
      }
    }
  });
});

/** A step of two learners on a batch of three groups, with a term that only the second fails in. */
const stepWith = (term: (cluster: Cluster) => LossTerm<ToyPrompt>, groupsOf = gathered) =>
  Promise.all(
    connectInProcess(2).map(async (cluster) => {
      const policy = new ToyPolicy(5, 3, 4, 3);
      const groups = await groupsOf(sampled.slice(0, 3), cluster);
      const optimizer = new AdamW(policy.variables);
      const before = flat(policy.variables);
      const step = { policy, groups, terms: [policyTerm<ToyPrompt>(), term(cluster)], optimizer, cluster };
      const result = await trainingStep({ ...step, learningRate: 0.1 }).catch(
        (error: Error) => error.message,
      );
      return { result, moved: distance(before, flat(policy.variables)) > 0 };
    }),
  );
const gathered = (groups: readonly RewardedGroup<ToyPrompt>[], cluster: Cluster) =>
  gatherGroups({ groups: groups.filter((_, i) => i % 2 === cluster.rank), cluster });

const termOf = (loss: LossTerm<ToyPrompt>['prepare']): LossTerm<ToyPrompt> => ({
  name: 'own',
  prepare: loss,
});

describe('a step of several learners', () => {
  it('is skipped by all where the loss of one is not finite, with the same words', async () => {
    const steps = await stepWith(({ rank }) =>
      termOf(() => ({
        loss: (_, { logProbs }) => tf.mul(tf.sum(logProbs), rank === 1 ? Number.NaN : 1),
      })),
    );
    for (const { result, moved } of steps) {
      expect(result).toMatchObject({ skipped: 'the loss of term "own" is NaN' });
      expect(moved).toBe(false);
    }
  });

  it('fails on all where one throws, before whatever they were about to exchange', async () => {
    const [first, second] = await stepWith(({ rank }) =>
      termOf(() => {
        if (rank === 1) throw new Error('no such view');
        return { loss: (_, { logProbs }) => tf.sum(logProbs) };
      }),
    );
    expect(first).toEqual({ result: 'learner 1: no such view', moved: false });
    expect(second).toEqual({ result: 'no such view', moved: false });
  });

  it('refuses batches that differ', async () => {
    const own = async (groups: readonly RewardedGroup<ToyPrompt>[], { rank }: Cluster) =>
      groups.filter((_, i) => i % 2 === rank);
    for (const { result } of await stepWith(() => entropyTerm({ coefficient: 1 }), own)) {
      expect(result).toBe(
        'trainingStep: learner 0 has group-0 of learner 0, group-2 of learner 0, learner 1 group-1 of learner 0; expected the same batch on all, as gatherGroups makes it.',
      );
    }
  });

  it('tells a term that scores the whole batch which groups are its own', async () => {
    const steps = await stepWith(() =>
      termOf(async (batch, policy) => {
        await scoreBatch(policy, batch);
        return { loss: () => tf.scalar(0) };
      }),
    );
    expect(steps[0]!.result).toContain('group "group-1" is sampled and scored by learner 1');
  });
});

describe('gatherGroups', () => {
  it('orders groups by their places, and takes advantages over all', async () => {
    const groups = sampled;
    const places = [
      [4, 0],
      [1, 2, 3],
    ];
    const batches = await Promise.all(
      connectInProcess(2).map((cluster, rank) =>
        gatherGroups({
          groups: places[rank]!.map((place) => groups[place]!),
          places: places[rank]!,
          cluster,
          advantages: { baseline: 'batch', scale: 'batch' },
        }),
      ),
    );
    const [whole] = await Promise.all([
      gatherGroups({ groups, cluster: alone, advantages: { baseline: 'batch', scale: 'batch' } }),
    ]);
    for (const [rank, batch] of batches.entries()) {
      expect(batch.map(({ id }) => id)).toEqual(groups.map(({ id }) => id));
      expect(batch.map(({ advantages }) => advantages)).toEqual(whole.map(({ advantages }) => advantages));
      expect(batch.map(({ completions }) => completions)).toEqual(
        groups.map(({ completions }) => completions),
      );
      const own = ownGroups(batch, { rank });
      expect(own.map(({ id, prompt, views }) => ({ id, prompt, views }))).toEqual(
        [...places[rank]!].sort().map((place) => {
          const { id, prompt, views } = groups[place]!;
          return { id, prompt, views };
        }),
      );
    }
  });

  it('names what is wrong', async () => {
    await expect(gatherGroups({ groups: [], cluster: alone, places: [1] })).rejects.toThrow(
      'gatherGroups: found 1 places of 0 groups; expected one for each.',
    );
  });
});
