import type { Cluster } from '@cppo/grpo';
import { UserError } from '@cppo/run';

/** What all learners of a run must have alike, each fact by what it is called: a key, a version, a checksum. */
export type SharedFacts = Readonly<Record<string, string>>;

/**
 * Compares what the learners of a run must have alike. An exchange.
 *
 * @param cluster the learners.
 * @param facts of this one.
 * @throws UserError on every learner, that names the first one that differs from learner 0, and in what.
 */
export async function requireSame(cluster: Cluster, facts: SharedFacts): Promise<void> {
  const [first = {}, ...others] = await cluster.gather(facts);
  for (const [i, other] of others.entries()) {
    const names = [...new Set([...Object.keys(first), ...Object.keys(other)])];
    const name = names.find((each) => first[each] !== other[each]);
    if (name === undefined) continue;
    throw new UserError(
      `learner ${i + 1}: ${name}: found ${other[name] ?? 'nothing'}, expected ${first[name] ?? 'nothing'} as on learner 0; learners differ in nothing but their number.`,
    );
  }
}
