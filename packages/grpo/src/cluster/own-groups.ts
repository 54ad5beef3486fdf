import type { Group } from '../policy.js';
import { alone, type Cluster } from './cluster.js';

/**
 * The groups of a batch that this learner computes on; the others' have no prompt here.
 *
 * @param groups a batch that all learners know.
 * @param cluster whose `rank` is this learner's; `alone` by default, where all are its own.
 * @returns its own groups, in the given order.
 * @example
 * const groups = [{ id: 'a' }, { id: 'b', learner: 1 }];
 * ownGroups(groups).map(({ id }) => id); // ['a']
 */
export function ownGroups<G extends Pick<Group<unknown>, 'learner'>>(
  groups: readonly G[],
  { rank }: Pick<Cluster, 'rank'> = alone,
): G[] {
  return groups.filter(({ learner = 0 }) => learner === rank);
}
