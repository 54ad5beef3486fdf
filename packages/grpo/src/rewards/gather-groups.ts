import { requireNames } from '@cppo/checked-options';
import type { Cluster } from '../cluster/cluster.js';
import type { RewardedGroup } from '../loss-term.js';
import { type AdvantageOptions, groupAdvantages } from './advantages.js';

export interface GatherGroupsOptions<P> {
  /** The groups that this learner has sampled and rewarded. */
  readonly groups: readonly RewardedGroup<P>[];
  readonly cluster: Cluster;
  /** Where each of the groups stands in the batch. Default: every N-th from the learner's rank on. */
  readonly places?: readonly number[];
  /** As in `rewardGroups`; here they are taken over the batch of all learners. */
  readonly advantages?: AdvantageOptions;
}

/**
 * Makes one batch of the groups of all learners, the same on each: tokens, log-probabilities, rewards and advantages.
 * The prompts and views stay where they were sampled, and so does the computing: `trainingStep` scores a learner's
 * own groups (`ownGroups`).
 *
 * @param options this learner's groups, their places and how rewards become advantages.
 * @returns the groups of all learners in the order of their places.
 * @throws RangeError when an option is unknown or there is not a place for each group.
 * @example
 * const judged = { completions: [], accuracies: [1, 0], rewards: [1, 0], advantages: [1, -1] };
 * const groupsOf = (id) => [{ id, prompt: id, ...judged }];
 * const batches = await Promise.all(
 *   connectInProcess(2).map((cluster, rank) => gatherGroups({ cluster, groups: groupsOf(`g${rank}`) })),
 * );
 * batches.map((batch) => batch.map(({ id }) => id)); // [['g0', 'g1'], ['g0', 'g1']]
 */
export async function gatherGroups<P>(options: GatherGroupsOptions<P>): Promise<RewardedGroup<P>[]> {
  requireNames('gatherGroups', options, { groups: true, cluster: true, places: true, advantages: true });
  const { groups, cluster, advantages: advantageOptions } = options;
  const { places = groups.map((_, i) => i * cluster.size + cluster.rank) } = options;
  if (places.length !== groups.length) {
    throw new RangeError(
      `gatherGroups: found ${places.length} places of ${groups.length} groups; expected one for each.`,
    );
  }
  const brought = groups.map(({ prompt: _, views: __, ...facts }, i) => ({ place: places[i] ?? i, facts }));
  const all = (await cluster.gather(brought))
    .flatMap((part, learner) => part.map(({ place, facts }, i) => ({ place, learner, i, facts })))
    .sort((a, b) => a.place - b.place);
  // The reward itself where it is known: what a group keeps is rounded to float32.
  const advantages = groupAdvantages(
    all.map(({ facts }) => facts.results?.map(({ reward }) => reward) ?? facts.rewards),
    advantageOptions,
  );
  return all.map(({ learner, i, facts }, place) => {
    const known = { advantages: advantages[place] ?? facts.advantages, learner };
    const own = learner === cluster.rank ? groups[i] : undefined;
    return own === undefined ? new GroupElsewhere<P>({ ...facts, ...known }) : { ...own, ...known };
  });
}

/** A group that another learner computes on: everything but its prompt. */
class GroupElsewhere<P> implements RewardedGroup<P> {
  readonly id: string;
  readonly completions: RewardedGroup<P>['completions'];
  readonly rewards: Float32Array;
  readonly advantages: Float32Array;
  readonly accuracies: Float32Array;
  readonly results?: NonNullable<RewardedGroup<P>['results']>;
  readonly learner: number;

  constructor(facts: Omit<RewardedGroup<P>, 'prompt' | 'views'> & { readonly learner: number }) {
    this.id = facts.id;
    this.completions = facts.completions;
    this.rewards = facts.rewards;
    this.advantages = facts.advantages;
    this.accuracies = facts.accuracies;
    if (facts.results !== undefined) this.results = facts.results;
    this.learner = facts.learner;
  }

  get prompt(): never {
    throw new RangeError(
      `group "${this.id}" is sampled and scored by learner ${this.learner}, and its prompt is known there only; score ownGroups(batch, context.cluster).`,
    );
  }
}
