import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../test/expect-close.js';
import { randomFrom } from '../../test/random.js';
import { rewardedGroups } from '../../test/rewarded-groups.js';
import { ToyPolicy, type ToyPrompt } from '../../test/toy-policy.js';
import {
  entropyTerm,
  klTerm,
  type LossTerm,
  type LossType,
  lossTypes,
  papoTerm,
  policyTerm,
  type RewardedGroup,
  rescore,
  scoreBatch,
  vppoTerm,
} from '../index.js';
import { requestsOf } from './group-rows.js';

let policy: ToyPolicy;
let reference: ToyPolicy;
let groups: RewardedGroup<ToyPrompt>[];

beforeAll(async () => {
  await tf.setBackend('cpu');
  policy = new ToyPolicy(5, 3, 4, 3);
  reference = new ToyPolicy(5, 3, 4, 11);
  groups = await rewardedGroups(policy, 4);
  // The policy moves after sampling, so that no ratio is 1.
  tf.tidy(() => {
    for (const variable of policy.variables) variable.assign(tf.mul(variable, 1.07));
  });
});

const hiddenAndAll = { hidden: true };
const score = (batch = groups) => policy.score(requestsOf(batch), hiddenAndAll);

async function lossAndGradient(term: LossTerm<ToyPrompt>, batch = groups) {
  const prepared = await term.prepare(batch, policy, { temperature: 1, microBatch: 2 });
  const { value, grads } = tf.variableGrads(() => prepared.loss(batch, score(batch)), policy.variables);
  const gradient = policy.variables.map(({ name }) => Array.from(grads[name]?.dataSync() ?? []));
  const loss = value.dataSync()[0]!;
  tf.dispose([value, grads]);
  return { prepared, loss, gradient };
}

const smooth: [string, LossTerm<ToyPrompt>][] = [
  ['policy', policyTerm()],
  ['policy grpo', policyTerm({ loss: 'grpo', dualClip: null })],
  ['policy dr_grpo', policyTerm({ loss: 'dr_grpo', maxLength: 6 })],
  ['policy gspo', policyTerm({ loss: 'gspo', clipLow: 0.2, clipHigh: 0.28 })],
  ['policy luspo', policyTerm({ loss: 'luspo', clipLow: 0.2, clipHigh: 0.28 })],
  ['policy sapo', policyTerm({ loss: 'sapo' })],
  ['policy without cut completions', policyTerm({ truncated: 'mask' })],
  ['kl k1', klTermOf('k1')],
  ['kl abs', klTermOf('abs')],
  ['kl k2', klTermOf('k2')],
  ['kl k3', klTermOf('k3')],
  ['kl k3-clamped', klTermOf('k3-clamped')],
  ['kl exact', klTermOf('exact')],
  ['kl weighted by the ratio', klTermOf('k3', { weightByRatio: true, aggregation: 'sequence-mean' })],
  ['entropy', entropyTerm({ coefficient: 0.5 })],
  ['papo', papoTerm()],
  ['papo, divergence alone', papoTerm({ gamma: 1, entropyOriginal: 0, entropyMasked: 0, clamp: 5 })],
  ['papo, masked entropy alone', papoTerm({ gamma: 0, entropyOriginal: 0, entropyMasked: 1 })],
  ['vppo', vppoTerm()],
];

function klTermOf(kind: Parameters<typeof klTerm>[0]['kind'], more = {}): LossTerm<ToyPrompt> {
  // The reference exists only when a test runs.
  return klTerm({
    coefficient: 0.3,
    kind: kind!,
    reference: { score: (...a) => reference.score(...a) },
    ...more,
  });
}

describe('every term', () => {
  it.each(smooth)('%s: a gradient that is not zero and that finite differences confirm', async (_, term) => {
    const { prepared, gradient } = await lossAndGradient(term);
    const lossNow = () => tf.tidy(() => prepared.loss(groups, score()).dataSync()[0]!);
    const random = randomFrom(17);
    const step = 2e-3;
    for (let trial = 0; trial < 3; trial++) {
      const direction = policy.variables.map((v) =>
        Float32Array.from({ length: v.size }, () => 2 * random() - 1),
      );
      const before = policy.variables.map((v) => v.dataSync().slice());
      const lossAt = (distance: number) => {
        policy.variables.forEach((v, i) => {
          const moved = before[i]!.map((x, j) => x + distance * direction[i]![j]!);
          tf.tidy(() => v.assign(tf.tensor(moved, v.shape)));
        });
        return lossNow();
      };
      const measured = (lossAt(step) - lossAt(-step)) / (2 * step);
      lossAt(0);
      const analytic = gradient.reduce(
        (sum, values, i) => values.reduce((inner, g, j) => inner + g * direction[i]![j]!, sum),
        0,
      );
      expect(Math.abs(measured - analytic), `${measured} measured, ${analytic} computed`).toBeLessThan(
        3e-4 + 0.01 * Math.abs(analytic),
      );
    }
    expect(Math.max(...gradient.flatMap((values) => values.map(Math.abs)))).toBeGreaterThan(1e-3);
    prepared.dispose?.();
  });

  it.each([
    ...smooth,
    ['policy cispo', policyTerm({ loss: 'cispo' })] as (typeof smooth)[number],
    ['policy vespo', policyTerm({ loss: 'vespo' })] as (typeof smooth)[number],
  ])('%s: shares of micro-batches add up, figures too, and nothing leaks', async (_, term) => {
    const tensors = tf.memory().numTensors;
    const whole = await lossAndGradient(term);
    const parts = await term.prepare(groups, policy, { temperature: 1, microBatch: 2 });
    const shares = [groups.slice(0, 1), groups.slice(1, 4)].map((part) =>
      tf.tidy(() => parts.loss(part, score(part)).dataSync()[0]!),
    );
    expect(shares[0]! + shares[1]!).toBeCloseTo(whole.loss, 6);
    // Figures of the whole batch were taken under the tape; those of the parts were not.
    const figures = await whole.prepared.metrics?.();
    const ofParts = await parts.metrics?.();
    for (const [name, figure] of Object.entries(figures ?? {}))
      expect(ofParts![name], name).toBeCloseTo(figure, 5);
    whole.prepared.dispose?.();
    parts.dispose?.();
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

describe('policyTerm', () => {
  it.each(Object.keys(lossTypes) as LossType[])('%s moves the policy', async (loss) => {
    const { gradient, prepared } = await lossAndGradient(policyTerm({ loss, clipLow: 0.2, clipHigh: 0.2 }));
    expect(Math.max(...gradient.flatMap((values) => values.map(Math.abs)))).toBeGreaterThan(1e-3);
    prepared.dispose?.();
  });

  it('needs only groups with an advantage', async () => {
    const prepared = await policyTerm<ToyPrompt>().prepare(groups, policy);
    expect(prepared.needs!(groups[0]!)).toBe(true);
    expect(prepared.needs!({ ...groups[0]!, advantages: new Float32Array(2) })).toBe(false);
  });

  it('trains on no token of a completion that was cut off', async () => {
    const whole = (group: RewardedGroup<ToyPrompt>) => group.completions.some(({ truncated }) => !truncated);
    const cut = groups.some((group) => group.completions.some(({ truncated }) => truncated));
    expect(cut && groups.every(whole), 'the batch holds both kinds').toBe(true);
    const without = groups.map((group) => {
      const kept = group.completions.flatMap(({ truncated }, i) => (truncated ? [] : [i]));
      return {
        ...group,
        completions: kept.map((i) => group.completions[i]!),
        advantages: Float32Array.from(kept, (i) => group.advantages[i]!),
      };
    });
    const masked = await lossAndGradient(policyTerm({ truncated: 'mask' }));
    const deleted = await lossAndGradient(policyTerm(), without);
    expect(masked.loss).toBeCloseTo(deleted.loss, 6);
    for (const [i, values] of masked.gradient.entries()) expectClose(values, deleted.gradient[i]!, 1e-6);
  });

  it('corrects for the sampler only when asked', async () => {
    const rescored = await rescore(policy, groups, { microBatch: 3 });
    const plain = await lossAndGradient(policyTerm(), rescored);
    const corrected = await lossAndGradient(policyTerm({ importance: { max: 100 } }), rescored);
    const sampled = await lossAndGradient(policyTerm({ clipLow: 1, clipHigh: 100, dualClip: null }));
    // On-policy, exp(ℓ − sampler) as a weight has the gradient of the unclipped ratio to the sampler.
    for (const [i, values] of corrected.gradient.entries()) expectClose(values, sampled.gradient[i]!, 1e-5);
    expect(plain.gradient[0]).not.toEqual(corrected.gradient[0]);
  });
});

describe('papoTerm and vppoTerm', () => {
  it('vppo: the chosen tokens keep their loss, at the scaled advantage, over all tokens', async () => {
    const { loss, prepared } = await lossAndGradient(
      vppoTerm({ dualClip: null, share: 0.5, smallestScale: 0.8 }),
    );
    const now = await scoreBatch(policy, groups);
    const masked = await scoreBatch(policy, groups, { view: 'removing' });
    const rows = groups.flatMap((group, g) =>
      group.completions.map(({ logProbs: old }, i) => ({
        advantage: group.advantages[i]!,
        ratios: Array.from(old, (x, t) => Math.exp(now[g]![i]!.logProbs[t]! - x)),
        dependence: Array.from(old, (x, t) => {
          const d = masked[g]![i]!.logProbs[t]! - x;
          return Math.exp(d) - d - 1;
        }),
      })),
    );
    const means = rows.map(({ dependence }) => dependence.reduce((a, b) => a + b, 0) / dependence.length);
    const normalised = means.map((x) => (x - Math.min(...means)) / (Math.max(...means) - Math.min(...means)));
    const largest = 0.8 + 0.2 / (normalised.reduce((a, b) => a + b, 0) / rows.length);
    let sum = 0;
    rows.forEach(({ advantage, ratios, dependence }, row) => {
      const scaled = advantage * (0.8 + normalised[row]! * (largest - 0.8));
      const count = Math.ceil(0.5 * ratios.length);
      const strongest = Array.from(dependence.keys()).sort(
        (a, b) => dependence[b]! - dependence[a]! || a - b,
      );
      for (const t of strongest.slice(0, count)) {
        const r = ratios[t]!;
        sum -= Math.min(r * scaled, Math.min(Math.max(r, 0.8), 1.2) * scaled);
      }
    });
    const tokens = rows.reduce((total, { ratios }) => total + ratios.length, 0);
    expect(loss).toBeCloseTo(sum / tokens, 5);
    const total = rows.flatMap(({ dependence }) => dependence).reduce((a, b) => a + b, 0);
    expect((await prepared.metrics!())['policy/dependence']).toBeCloseTo(total / tokens, 5);
    prepared.dispose?.();
  });

  it('name the view that is missing', async () => {
    const { views: _, ...bare } = groups[0]!;
    const prepared = await papoTerm<ToyPrompt>().prepare([bare], policy);
    expect(() => prepared.loss([bare], score([bare]))).toThrow(
      /"group-0" has the views none; expected one named "removing"/,
    );
    await expect(
      (async () => vppoTerm<ToyPrompt>({ view: 'masked' }).prepare(groups, policy))(),
    ).rejects.toThrow(/has the views removing, preserving; expected one named "masked"/);
  });

  it('refuse options out of range', () => {
    expect(() => papoTerm({ gamma: -1 })).toThrow(/papoTerm.*gamma/s);
    expect(() => vppoTerm({ share: 0 })).toThrow(/vppoTerm.*share/s);
    expect(() => vppoTerm({ loss: 'x' as never })).toThrow(/vppoTerm.*loss/s);
  });
});

describe('ratioMean', () => {
  it('is over the tokens that were scored, whatever else the batch holds', async () => {
    const alike = groups.map((group) => ({ ...group, advantages: group.advantages.map(() => 0) }));
    const scored = groups.slice(0, 2);
    const mean = async (batch: readonly RewardedGroup<ToyPrompt>[]) => {
      const prepared = await policyTerm<ToyPrompt>().prepare(batch, policy);
      tf.tidy(() => void prepared.loss(scored, score(scored)));
      const { 'policy/ratioMean': found } = await prepared.metrics!();
      prepared.dispose?.();
      return found;
    };
    expect(await mean([...scored, ...alike])).toBeCloseTo((await mean(scored))!, 5);
    expect(await mean(scored)).not.toBeCloseTo(1, 3);
  });
});
