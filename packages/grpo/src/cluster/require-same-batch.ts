import type { Group } from '../policy.js';
import type { Cluster } from './cluster.js';

/** Refuses to train when the learners do not know the same batch: each would divide by counts of its own. */
export async function requireSameBatch(
  caller: string,
  groups: readonly Group<unknown>[],
  cluster: Cluster,
): Promise<void> {
  const batches = await cluster.gather(groups.map(({ id, learner = 0 }) => `${id} of learner ${learner}`));
  const [expected = []] = batches;
  const other = batches.findIndex((batch) => batch.join('\n') !== expected.join('\n'));
  if (other < 0) return;
  throw new RangeError(
    `${caller}: learner 0 has ${inWords(expected)}, learner ${other} ${inWords(batches[other] ?? [])}; expected the same batch on all, as gatherGroups makes it.`,
  );
}

function inWords(groups: readonly string[]): string {
  const [first = 'none', second] = groups;
  const more = groups.length > 2 ? `, … (${groups.length})` : '';
  return second === undefined ? first : `${first}, ${second}${more}`;
}
