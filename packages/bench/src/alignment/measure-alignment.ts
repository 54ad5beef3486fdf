import { requireNames } from '@cppo/checked-options';
import { type CppoOptions, cppoTerm, gateGroups } from '@cppo/cppo';
import { groupAdvantages, type LossTerm, policyTerm, type RewardedGroup } from '@cppo/grpo';
import type { Estimate } from '../evaluate/estimates.js';
import { type ShowProgress, showNothing } from '../show-progress.js';
import { blockGradient, type GradientSettings, type TermsGradient } from './block-gradient.js';
import { layerOf } from './layers.js';
import { compareGradients, compareHalves, relativeGain, squaredNorm } from './noise-corrected.js';
import type { PerceptionRow } from './perception-rows.js';
import { sketchGradient } from './sketch-gradient.js';

/** A sampled and judged group that can be seen under any view. */
export interface AlignedGroup<P> {
  readonly group: RewardedGroup<P>;
  /** Its prompt under a view of a name. */
  view(name: string): P;
}

export interface MeasureAlignmentOptions<P> extends GradientSettings<P> {
  /** Blocks of questions; four or more. */
  readonly blocks: number;
  /**
   * Steps in a block: all of them tell the gradient of reward, which is mostly noise, and the first how the loss lies to it.
   * Default 1.
   */
  readonly stepsPerBlock?: number;
  /** Samples and judges what a training step takes, counted from 0: other questions than those of any other step. */
  readonly sampleStep: (step: number) => Promise<readonly AlignedGroup<P>[]>;
  /** What is trained beside the perception loss: the policy loss, and the rest. */
  readonly policyTerms: readonly LossTerm<P>[];
  readonly rows: readonly PerceptionRow[];
  /** Shows how far each block is. Default: nothing is shown. */
  readonly showProgress?: ShowProgress;
}

/** How the gradient of one loss lies to that of expected reward. */
export interface AlignmentRow {
  readonly family: string;
  readonly name: string;
  /** 1: a step against this gradient is one towards more reward; 0: it does not matter to it; below: it costs reward. */
  readonly cosine: Estimate;
  /** Norm of this gradient's mean to that of the policy terms. */
  readonly normRatio: Estimate;
  /** The same for one block, noise included: what a step sees. */
  readonly stepRatio: number;
  /** λ at which the norm of a step's gradient is a tenth of the policy terms'. */
  readonly coefficient: number;
  /**
   * What the loss adds at that λ to the expected reward that a step gains, to first order and along the gradient itself, as
   * a share of what the policy terms gain. Known where the cosine is not yet.
   */
  readonly gain: Estimate;
  /** Share of the squared norm of a step's gradient that is no noise. */
  readonly signal: number;
  /** Tokens that carry it, mean of the blocks; absent for what is no perception loss. */
  readonly tokens?: number;
}

/** One layer of the model under the loss as it is trained. */
export interface AlignmentLayer {
  readonly layer: string;
  readonly cosine: Estimate;
  /** Norm of the loss's mean gradient there to that of the policy terms there. */
  readonly normRatio: Estimate;
}

export interface Alignment {
  readonly questions: number;
  readonly completions: number;
  /** Mean reward of the completions. */
  readonly reward: number;
  /** What has to come out if the measure is right: 1, 1 and −1. */
  readonly checks: readonly { readonly name: string; readonly expected: number; readonly cosine: Estimate }[];
  readonly policy: AlignmentRow;
  readonly rows: readonly AlignmentRow[];
  readonly layers: readonly AlignmentLayer[];
}

/** Sketches of one gradient, a block after another, and what its steps said. */
interface Course {
  /** Steps of a block that it is known of. */
  readonly steps: number;
  /** Mean over the steps of each block. */
  readonly sketches: Float32Array[];
  readonly norms: number[];
  readonly tokens: number[];
  /** By layer; only where layers are compared. */
  readonly layers: Map<string, Float32Array[]>;
}

const layerWidth = 2 ** 12;

/**
 * Does the gradient of the perception loss point where reward rises? Its cosine with the gradient of expected reward
 *
 *   ∇E[r] = E[ Σ_t (r − mean of the group's others)·∇ℓ_t ]
 *
 * both estimated from independent blocks of questions and freed of their noise (`compareGradients`), for every form of the
 * loss. Blocks are sampled from the policy as it is; nothing is trained. It holds one block's prompts and one gradient at
 * a time, and of every other gradient half a megabyte.
 *
 * @param options policy, blocks, and the forms of the loss.
 * @returns a row for each form; checks of the measure itself; the layers under the first form.
 * @throws RangeError for an unknown option or fewer than four blocks; Error when no block carries a reward to learn from.
 */
export async function measureAlignment<P>(options: MeasureAlignmentOptions<P>): Promise<Alignment> {
  requireNames('measureAlignment', options, {
    ...{ policy: true, microBatch: true, temperature: true, blocks: true, stepsPerBlock: true },
    ...{ sampleStep: true, policyTerms: true, rows: true, showProgress: true },
  });
  const { policy, blocks, stepsPerBlock = 1, sampleStep, policyTerms, rows } = options;
  const { showProgress = showNothing } = options;
  for (const [name, value, least] of [
    ['blocks', blocks, 4],
    ['stepsPerBlock', stepsPerBlock, 1],
  ] as const) {
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(`measureAlignment: ${name} is ${value}; expected a whole number from ${least}.`);
    }
  }
  const names = policy.variables.map(({ name }) => name);
  const reward = newCourse(stepsPerBlock);
  const likelier = newCourse(stepsPerBlock);
  const unlikelier = newCourse(stepsPerBlock);
  const trained = newCourse(stepsPerBlock);
  const courses = rows.map(() => newCourse(1));
  const seen = { questions: 0, completions: 0, reward: 0 };
  for (let block = 0; block < blocks; block++) {
    const progress = showProgress(`block ${block + 1} of ${blocks}`, 4 * stepsPerBlock + rows.length);
    let done = 0;
    const add = async (
      course: Course,
      groups: readonly RewardedGroup<P>[],
      terms: readonly LossTerm<P>[],
      byLayer = false,
    ) => {
      addGradient(course, block, await blockGradient(options, groups, terms), byLayer ? names : []);
      progress.update(++done);
    };
    try {
      for (let step = 0; step < stepsPerBlock; step++) {
        const aligned = await sampleStep(block * stepsPerBlock + step);
        const groups = aligned.map(({ group }) => group);
        addFigures(seen, groups);
        await add(reward, weighted(groups, leaveOneOut), [expectedReward<P>()], true);
        await add(
          likelier,
          weighted(groups, (rewards) => rewards),
          [expectedReward<P>()],
        );
        await add(unlikelier, weighted(groups, lost), [expectedReward<P>()]);
        await add(trained, groups, policyTerms, true);
        if (step > 0) continue;
        for (const [i, { options: form }] of rows.entries()) {
          await add(courses[i]!, underViews(aligned, form), [cppoTerm<P>(form)], i === 0);
        }
      }
    } finally {
      progress.stop();
    }
  }
  if (reward.norms.every((norm) => norm === 0)) {
    throw new Error(
      'measureAlignment: no group has rewards that differ, so there is no gradient of reward; expected questions that are sometimes answered right and sometimes not.',
    );
  }
  const rowOf = (family: string, name: string, course: Course): AlignmentRow => {
    const stepRatio = rootMeanSquare(course.norms) / rootMeanSquare(trained.norms);
    const coefficient = 0.1 / stepRatio;
    const gain = relativeGain(reward.sketches, trained.sketches, course.sketches);
    return {
      ...{ family, name, cosine: compareGradients(reward.sketches, course.sketches).cosine },
      normRatio: compareGradients(trained.sketches, course.sketches).normRatio,
      stepRatio,
      coefficient,
      gain: {
        value: coefficient * gain.value,
        low: coefficient * gain.low,
        high: coefficient * gain.high,
      },
      signal: squaredNorm(course.sketches) / mean(course.norms.map((norm) => norm ** 2)),
      ...(course.tokens.length > 0 && { tokens: mean(course.tokens) }),
    };
  };
  const [first] = courses;
  return {
    ...seen,
    reward: seen.reward / seen.completions,
    checks: [
      { name: 'expected reward, in other blocks', expected: 1, cosine: compareHalves(reward.sketches) },
      {
        name: 'answers made likelier by their reward',
        expected: 1,
        cosine: compareGradients(reward.sketches, likelier.sketches).cosine,
      },
      {
        name: 'answers made likelier by what they lack of it',
        expected: -1,
        cosine: compareGradients(reward.sketches, unlikelier.sketches).cosine,
      },
    ],
    policy: rowOf('policy', 'the policy loss as it is trained', trained),
    rows: rows.map(({ family, name }, i) => rowOf(family, name, courses[i]!)),
    layers: [...(first?.layers.keys() ?? [])].map((layer) => ({
      layer,
      cosine: compareGradients(reward.layers.get(layer)!, first!.layers.get(layer)!).cosine,
      normRatio: compareGradients(trained.layers.get(layer)!, first!.layers.get(layer)!).normRatio,
    })),
  };
}

const newCourse = (steps: number): Course => ({
  ...{ steps, sketches: [], norms: [], tokens: [] },
  layers: new Map(),
});

/** @param names of the variables where layers are compared, otherwise none. */
function addGradient(
  course: Course,
  block: number,
  { parts, metrics }: TermsGradient,
  names: readonly string[],
): void {
  addSketch(course.sketches, block, sketchGradient(parts), course.steps);
  course.norms.push(metrics['gradient/norm'] ?? 0);
  const tokens = metrics['cppo/tokens'];
  if (tokens !== undefined) course.tokens.push(tokens);
  const places = new Map<string, Float32Array[]>();
  for (const [i, name] of names.entries()) {
    const layer = layerOf(name);
    places.set(layer, [...(places.get(layer) ?? []), parts[i]!]);
  }
  for (const [layer, own] of places) {
    const sketches = course.layers.get(layer) ?? [];
    addSketch(sketches, block, sketchGradient(own, layerWidth), course.steps);
    course.layers.set(layer, sketches);
  }
}

function addSketch(sketches: Float32Array[], block: number, sketch: Float32Array, steps: number): void {
  const sum = sketches[block];
  sketches[block] = sketch.map((value, i) => (sum?.[i] ?? 0) + value / steps);
}

function addFigures<P>(
  seen: { questions: number; completions: number; reward: number },
  groups: readonly RewardedGroup<P>[],
): void {
  for (const { rewards } of groups) {
    const judged = Array.from(rewards).filter(Number.isFinite);
    seen.questions++;
    seen.completions += judged.length;
    seen.reward += judged.reduce((sum, reward) => sum + reward, 0);
  }
}

/** −E[A·ℓ], ℓ of whole completions: by A = r − b the gradient is that of −E[r]. */
function expectedReward<P>(): LossTerm<P> {
  return policyTerm<P>({ name: 'reward', aggregation: 'sequence-sum', dualClip: null });
}

/** The groups with advantages made of their rewards; 0 where a completion could not be judged. */
function weighted<P>(
  groups: readonly RewardedGroup<P>[],
  advantagesOf: (rewards: Float32Array) => ArrayLike<number>,
): RewardedGroup<P>[] {
  return groups.map((group) => ({
    ...group,
    advantages: Float32Array.from(advantagesOf(group.rewards), (value) => (Number.isNaN(value) ? 0 : value)),
  }));
}

function leaveOneOut(rewards: Float32Array): ArrayLike<number> {
  return groupAdvantages([rewards], { baseline: 'leave-one-out', scale: 'none' })[0]!;
}

/** What is lost to the largest reward of 1. */
function lost(rewards: Float32Array): Float32Array {
  return rewards.map((reward) => 1 - reward);
}

/** The groups with the views that a form of the loss compares, where it does. */
function underViews<P>(aligned: readonly AlignedGroup<P>[], form: CppoOptions): RewardedGroup<P>[] {
  const {
    preserving = 'preserving',
    removing = ['removing'],
    gate = 'advantage',
    share = 1,
    seed = () => 0,
  } = form;
  return aligned.map(({ group, view }) => {
    if (gateGroups([group], gate, { share, seed }).length === 0) return group;
    const views = [preserving, ...removing].map((name) => [name, view(name)] as const);
    return { ...group, views: Object.fromEntries(views) };
  });
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const rootMeanSquare = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map((value) => value ** 2)));
