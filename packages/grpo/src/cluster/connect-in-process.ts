import type { Cluster } from './cluster.js';
import { clusterOver } from './cluster-over.js';

/**
 * Connects learners that live in one process: for tests of what is done on a cluster.
 *
 * @param size N, learners.
 * @returns the cluster as each of them sees it, by rank.
 * @throws RangeError when `size` is not a whole number above 0.
 * @example
 * const learners = connectInProcess(2);
 * const sums = await Promise.all(learners.map((each) => each.sum(Float32Array.of(each.rank, 1))));
 * sums; // [[1, 2], [1, 2]]
 */
export function connectInProcess(size: number): Cluster[] {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`connectInProcess: size is ${size}; expected a whole number above 0.`);
  }
  const meeting = new Meeting(size);
  return Array.from({ length: size }, (_, rank) =>
    clusterOver({
      rank,
      size,
      gather: (value) => meeting.arrive(rank, structuredClone(value)),
      async sum(values) {
        const all = await meeting.arrive(rank, values.slice());
        // In the order of the ranks, so that all get the same bits.
        values.fill(0);
        for (const addend of all) {
          for (const [i, value] of addend.entries()) values[i] = values[i]! + value;
        }
      },
    }),
  );
}

/** Waits until all have brought a value, round after round. */
class Meeting {
  private round: Round;

  constructor(private readonly size: number) {
    this.round = new Round();
  }

  arrive<T>(rank: number, value: T): Promise<readonly T[]> {
    const { round } = this;
    round.values[rank] = value;
    if (++round.arrived === this.size) {
      this.round = new Round();
      round.open();
    }
    return round.opened.then(() => round.values as T[]);
  }
}

class Round {
  readonly values: unknown[] = [];
  arrived = 0;
  open: () => void = () => {};
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}
