/**
 * Learners that train one policy together, as one of them sees it. Each holds all weights, knows the whole batch and
 * computes on its own groups. An exchange waits for all learners; all make the same exchanges in the same order.
 *
 * `alone` is the cluster of a single process; `clusterOver` makes one of any connection.
 */
export interface Cluster {
  /** This learner's number, from 0. */
  readonly rank: number;
  /** N, learners. */
  readonly size: number;
  /**
   * Adds up over all learners, element by element and in place: the same bits on each of them.
   *
   * @param values of one length and type on all learners.
   * @returns `values`.
   */
  sum<T extends Float32Array | Float64Array>(values: T): Promise<T>;
  /**
   * Collects a value of each learner.
   *
   * @param value anything that `structuredClone` takes.
   * @returns the values in the order of the ranks.
   */
  gather<T>(value: T): Promise<readonly T[]>;
  /**
   * Lets the others fail with this learner: whatever they exchange next throws an error with the name and message of
   * this one. Does nothing for an error that came from an exchange, or that was agreed on before. Never throws.
   */
  agree(failure: unknown): Promise<void>;
  /** Figures for the log since they were last asked for: `cluster/learners`, `cluster/seconds` spent on exchanges. */
  figures(): Readonly<Record<string, number>>;
}

/** The cluster of one process: what it has is what all have. */
export const alone: Cluster = {
  rank: 0,
  size: 1,
  sum: async (values) => values,
  gather: async (value) => [value],
  agree: async () => {},
  figures: () => ({}),
};

/**
 * Runs work in which a learner may fail by itself: a picture that cannot be read, a value that is not finite. Where it
 * does, the others fail too, at their next exchange, instead of waiting for this one.
 *
 * @param cluster the learners.
 * @param work may hold exchanges.
 * @returns what the work returns.
 * @throws whatever the work throws.
 * @example
 * await together(alone, async () => 'done'); // 'done'
 */
export async function together<T>(cluster: Pick<Cluster, 'agree'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await cluster.agree(error);
    throw error;
  }
}
