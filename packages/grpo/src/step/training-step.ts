import { type Names, requireNames } from '@cppo/checked-options';
import { connectedZero } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';
import { alone, type Cluster, together } from '../cluster/cluster.js';
import { ownGroups } from '../cluster/own-groups.js';
import { requireSameBatch } from '../cluster/require-same-batch.js';
import type { LossTerm, PreparedTerm, RewardedGroup } from '../loss-term.js';
import { clipByGlobalNorm } from '../optimizer/clip-by-global-norm.js';
import type { Policy, TokenScores } from '../policy.js';
import { requestsOf, sampledLogProbs } from '../terms/group-rows.js';
import { Tally } from '../terms/tally.js';
import { addByNorm } from './add-by-norm.js';
import { exchangeGradients } from './exchange-gradients.js';
import { GradientSums } from './gradient-sums.js';
import { lossGradients } from './loss-gradients.js';
import { tempered } from './tempered.js';

/** What the training step needs of an optimiser; `AdamW` is one. */
export interface Optimizer {
  /** Applies one step; gradients are named after the variables; the caller disposes them. */
  apply(gradients: Readonly<Record<string, tf.Tensor>>, learningRate: number): void;
}

export interface TrainingStepOptions<P> {
  readonly policy: Policy<P>;
  /** One optimiser batch; on a cluster that of all learners, as `gatherGroups` makes it. */
  readonly groups: readonly RewardedGroup<P>[];
  /** Summands of the objective; names differ. */
  readonly terms: readonly LossTerm<P>[];
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  /** Gradients are clipped to this global norm. Default 1. */
  readonly maxGradientNorm?: number;
  /** Groups per gradient computation: changes memory and speed, not the result. Default all. */
  readonly microBatch?: number;
  /** Temperature at which completions were sampled, and are scored. Default 1. */
  readonly temperature?: number;
  /** Checked between micro-batches. */
  readonly signal?: AbortSignal;
  /** Learners that take the step together: each computes on its own groups, and gradients are added up. Default `alone`. */
  readonly cluster?: Cluster;
}

/** The options of `trainingStep`. */
export const trainingStepNames = {
  policy: true,
  groups: true,
  terms: true,
  optimizer: true,
  learningRate: true,
  maxGradientNorm: true,
  microBatch: true,
  temperature: true,
  signal: true,
  cluster: true,
} as const satisfies Names<TrainingStepOptions<unknown>>;

export interface StepReport {
  /** Why the variables were left as they were; absent when they were updated. */
  readonly skipped?: string;
  /**
   * Finite or not, as they came out:
   *
   * - `loss/total`, and `loss/<term>` for each term's share in it.
   * - `gradient/norm` before clipping; absent when the step was skipped before.
   * - `<term>/coefficient` λ of each term that has a share of the norm (`normShare`).
   * - `learningRate`.
   * - `policy/entropy` mean over the scored tokens, nats.
   * - `policy/logProbDifference` largest |ℓ − ℓ_old| of a scored token, nats. Before the first update on a batch it
   *   says how far sampler and trainer are apart, and should be near 0.
   * - `groups/scored`, `tokens/scored` what went through the model: groups that some term needs.
   * - `seconds/prepare`, `seconds/gradients` (adding up over learners included), `seconds/optimizer`.
   * - the terms' own, named `<term>/<figure>`.
   */
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Takes one optimiser step on a batch of rewarded groups.
 *
 *   prepare every term → for each micro-batch: score, Σ terms, gradients, accumulate → Σ learners → clip → optimiser
 *
 * Terms divide by the counts of the whole batch, so gradients of micro-batches simply add up. Those of a term
 * that has a share of the norm are summed by themselves, in a pass of their own over the groups that it needs,
 * and added last. A loss or gradient that is not finite leaves variables and optimiser unchanged, and the report says why.
 *
 * @param options the policy, one batch, the terms of the objective and the optimiser.
 * @returns the figures of the step (`StepReport`).
 * @throws RangeError when two terms share a name or an option is out of range; whatever terms and policy
 *   throw.
 * @example
 * // A policy that answers token 0 or 1, and is rewarded for 0.
 * const logits = tf.variable(tf.tensor1d([0, 0]), true, 'logits');
 * const score = () => ({
 *   logProbs: tf.reshape(tf.logSoftmax(logits), [2, 1]),
 *   entropies: tf.zeros([2, 1]),
 *   mask: tf.ones([2, 1]),
 * });
 * const policy = { variables: [logits], score };
 * const answer = { logProbs: [Math.log(0.5)], truncated: false };
 * const completions = [0, 1].map((token) => ({ ...answer, tokens: [token] }));
 * const judged = { rewards: [1, 0], accuracies: [1, 0], advantages: [1, -1] };
 * const groups = [{ id: 'a', prompt: 'p', completions, ...judged }];
 * const step = { policy, groups, terms: [policyTerm()], optimizer: new AdamW([logits]) };
 * const { metrics } = await trainingStep({ ...step, learningRate: 0.1 });
 * logits; // [0.1, -0.1]
 * metrics['gradient/norm']; // 0.7071
 */
export async function trainingStep<P>(options: TrainingStepOptions<P>): Promise<StepReport> {
  requireNames('trainingStep', options, trainingStepNames);
  const { cluster = alone } = options;
  return together(cluster, () => takeStep(options, cluster));
}

async function takeStep<P>(options: TrainingStepOptions<P>, cluster: Cluster): Promise<StepReport> {
  const { groups, terms, optimizer, learningRate, maxGradientNorm = 1, temperature = 1 } = options;
  const { microBatch = Math.max(groups.length, 1) } = options;
  checkOptions(terms, microBatch);
  const step: Step<P> = {
    policy: tempered(options.policy, temperature),
    terms,
    prepared: [],
    tally: new Tally(),
    cluster,
  };
  const { policy, prepared, tally } = step;
  const portions = portionsOf(terms);
  const [{ sums }, ...shared] = portions;
  let coefficients: Readonly<Record<string, number>> = {};
  const figures: Record<string, number> = { learningRate };
  const timed = async <T>(phase: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    figures[`seconds/${phase}`] = (performance.now() - start) / 1000;
    return result;
  };
  try {
    await requireSameBatch('trainingStep', groups, cluster);
    await timed('prepare', async () => {
      for (const term of terms)
        prepared.push(await term.prepare(groups, policy, { temperature, microBatch, cluster }));
    });
    const needed = groups.filter((group) => prepared.some((term) => term.needs?.(group) ?? true));
    figures['groups/scored'] = needed.length;
    const broken = await timed('gradients', () =>
      accumulatePortions(step, portions, groups, microBatch, options.signal),
    );
    const skipped = await timed('optimizer', async () => {
      if (broken !== undefined) return broken;
      coefficients = await addByNorm(
        sums,
        shared.map((portion) => ({ term: portion.terms[0]!, sums: portion.sums })),
      );
      for (const [name, coefficient] of Object.entries(coefficients)) {
        figures[`${name}/coefficient`] = coefficient;
      }
      const { gradients, norm } = await clipByGlobalNorm(sums.gradients, maxGradientNorm);
      figures['gradient/norm'] = norm;
      if (Number.isFinite(norm)) optimizer.apply(gradients, learningRate);
      if (gradients !== sums.gradients) tf.dispose(gradients as Record<string, tf.Tensor>);
      return Number.isFinite(norm) ? undefined : `the gradient norm is ${norm}`;
    });
    return {
      ...(skipped !== undefined && { skipped }),
      metrics: { ...(await lossFigures(step, coefficients)), ...figures },
    };
  } finally {
    for (const term of prepared) term.dispose?.();
    for (const portion of portions) portion.sums.dispose();
    tally.dispose();
  }
}

/** What the parts of one step share. */
interface Step<P> {
  readonly policy: Policy<P>;
  readonly terms: readonly LossTerm<P>[];
  /** In the order of the terms. */
  readonly prepared: PreparedTerm<P>[];
  readonly tally: Tally;
  readonly cluster: Cluster;
}

/** Terms whose gradients are summed together. */
interface Portion<P> {
  readonly terms: readonly LossTerm<P>[];
  readonly sums: GradientSums;
}

/** All terms that are added as they are, then each of the others by itself. */
function portionsOf<P>(terms: readonly LossTerm<P>[]): [Portion<P>, ...Portion<P>[]] {
  const plain = terms.filter(({ normShare }) => normShare === undefined);
  const others = terms.filter(({ normShare }) => normShare !== undefined);
  return [
    { terms: plain, sums: new GradientSums() },
    ...others.map((term) => ({ terms: [term], sums: new GradientSums() })),
  ];
}

/** @returns why there is nothing to apply, when so. */
async function accumulatePortions<P>(
  step: Step<P>,
  portions: readonly Portion<P>[],
  groups: readonly RewardedGroup<P>[],
  microBatch: number,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  for (const [i, portion] of portions.entries()) {
    const prepared = portion.terms.map((term) => step.prepared[step.terms.indexOf(term)]!);
    const needed = groups.filter((group) => prepared.some((term) => term.needs?.(group) ?? true));
    // Without a gradient of the others there is no norm to have a share of.
    if (i === 0 && needed.length === 0) return 'no group carries a gradient';
    const own = { ...step, ...portion, prepared };
    // The first portion tells of the scores: the others see some of them again.
    const mine = ownGroups(needed, step.cluster);
    const reason = await accumulateGradients(own, mine, microBatch, i === 0, signal);
    const broken = await exchangeGradients(step.cluster, step.policy.variables, portion.sums, reason);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

/** @returns which loss is not finite, when so. */
async function accumulateGradients<P>(
  { policy, terms, prepared, sums, tally }: Step<P> & Portion<P>,
  groups: readonly RewardedGroup<P>[],
  microBatch: number,
  tallies: boolean,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const hidden = terms.some((term) => term.hidden);
  for (let start = 0; start < groups.length; start += microBatch) {
    signal?.throwIfAborted();
    const part = groups.slice(start, start + microBatch);
    const { value, grads } = lossGradients(() => {
      const original = policy.score(requestsOf(part), { hidden });
      if (tallies) tallyScores(tally, part, original);
      const losses = prepared.map((term) => term.loss(part, original));
      losses.forEach((loss, index) => {
        tally.add({ [lossKey(terms[index]!)]: loss });
      });
      return losses.reduce((sum, loss) => tf.add(sum, loss), connectedZero([original.logProbs]));
    }, policy.variables);
    sums.add(grads);
    const [loss] = await value.data();
    value.dispose();
    if (!Number.isFinite(loss)) return nameLoss(await tally.read(), terms);
  }
  return undefined;
}

async function lossFigures<P>(
  { terms, prepared, tally, cluster }: Step<P>,
  coefficients: Readonly<Record<string, number>>,
): Promise<Record<string, number>> {
  const { tokens = 0, entropy = 0, logProbDifference = 0, ...tallied } = await tally.pool(cluster);
  const losses = terms.map(
    (term) => [lossKey(term), (coefficients[term.name] ?? 1) * (tallied[lossKey(term)] ?? 0)] as const,
  );
  const figures = {
    'loss/total': losses.reduce((sum, [, loss]) => sum + loss, 0),
    ...Object.fromEntries(losses),
    'policy/entropy': entropy / Math.max(tokens, 1),
    'policy/logProbDifference': logProbDifference,
    'tokens/scored': tokens,
  };
  for (const term of prepared) Object.assign(figures, await term.metrics?.());
  return figures;
}

function tallyScores<P>(tally: Tally, groups: readonly RewardedGroup<P>[], scores: TokenScores): void {
  const { logProbs, entropies, mask } = scores;
  const difference = tf.abs(tf.sub(logProbs, sampledLogProbs(groups, logProbs.shape[1])));
  tally.add({ tokens: tf.sum(mask), entropy: tf.sum(tf.mul(entropies, mask)) });
  tally.add({ logProbDifference: tf.max(tf.mul(difference, mask)) }, 'max');
}

function lossKey<P>(term: LossTerm<P>): string {
  return `loss/${term.name}`;
}

function nameLoss<P>(figures: Readonly<Record<string, number>>, terms: readonly LossTerm<P>[]): string {
  const broken = terms.filter((term) => !Number.isFinite(figures[lossKey(term)]));
  return (
    broken.map((term) => `the loss of term "${term.name}" is ${figures[lossKey(term)]}`).join(', ') ||
    'the loss is not finite'
  );
}

function checkOptions<P>(terms: readonly LossTerm<P>[], microBatch: number): void {
  const names = terms.map(({ name }) => name);
  if (new Set(names).size !== names.length) {
    throw new RangeError(`trainingStep: terms are named ${names.join(', ')}; expected different names.`);
  }
  for (const { name, normShare } of terms) {
    if (normShare !== undefined && !(normShare > 0)) {
      throw new RangeError(
        `trainingStep: normShare of term "${name}" is ${normShare}; expected a number above 0.`,
      );
    }
  }
  if (terms.length > 0 && terms.every(({ normShare }) => normShare !== undefined)) {
    throw new RangeError(
      `trainingStep: every term (${names.join(', ')}) has a share of the norm; expected one that has none.`,
    );
  }
  if (!Number.isInteger(microBatch) || microBatch < 1) {
    throw new RangeError(`trainingStep: microBatch is ${microBatch}; expected a whole number above 0.`);
  }
}
