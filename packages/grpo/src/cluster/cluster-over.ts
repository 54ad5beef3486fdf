import type { Cluster } from './cluster.js';

/** A connection between learners: what a transport has to offer. Both methods wait for all learners. */
export interface Wire {
  /** This learner's number, from 0. */
  readonly rank: number;
  /** N, learners. */
  readonly size: number;
  /** Collects a value of each learner, in the order of the ranks; the values may be of different sizes. */
  gather<T>(value: T): Promise<readonly T[]>;
  /** Adds up over all learners, in place and in a fixed order; the length is the same on all. */
  sum(values: Float32Array | Float64Array): Promise<void>;
}

/** What a learner is about to do. */
interface Note {
  readonly kind: 'sum' | 'gather' | 'agree';
  /** What and how much is added up. */
  readonly addends?: string;
  readonly value?: unknown;
  readonly failure?: Failure;
}

/** An error on its way to another learner: what the command line and the training loop tell errors apart by. */
interface Failure {
  readonly name: string;
  readonly message: string;
  /** Of a run that was asked to stop. */
  readonly signal?: string;
}

/**
 * Makes a cluster of a connection.
 *
 * Every exchange begins with a note of what each learner is about to do. So a learner that fails is heard at whatever
 * exchange comes next, and learners that have lost step say so instead of adding up different things.
 *
 * @param wire the connection; what it throws ends the cluster.
 * @returns the cluster.
 * @example
 * const wire = { rank: 0, size: 1, gather: async (value) => [value], sum: async () => {} };
 * await clusterOver(wire).gather(7); // [7]
 */
export function clusterOver(wire: Wire): Cluster {
  return new WiredCluster(wire);
}

class WiredCluster implements Cluster {
  readonly rank: number;
  readonly size: number;
  private seconds = 0;
  /** Errors that the others know of. */
  private readonly known = new WeakSet<object>();

  constructor(private readonly wire: Wire) {
    this.rank = wire.rank;
    this.size = wire.size;
  }

  sum<T extends Float32Array | Float64Array>(values: T): Promise<T> {
    return this.timed(async () => {
      await this.meet({ kind: 'sum', addends: `${values.length} numbers of a ${values.constructor.name}` });
      await this.wire.sum(values);
      return values;
    });
  }

  gather<T>(value: T): Promise<readonly T[]> {
    return this.timed(async () => {
      const notes = await this.meet({ kind: 'gather', value });
      return notes.map((note) => note.value as T);
    });
  }

  async agree(failure: unknown): Promise<void> {
    if (this.isKnown(failure)) return;
    try {
      await this.meet({ kind: 'agree', failure: describeFailure(failure) });
    } catch {
      // Others that fail at the same time, or are gone: this learner's own error is the one to report.
    }
    this.remember(failure);
  }

  /** Also what wraps an error that the others know of. */
  private isKnown(failure: unknown): boolean {
    if (typeof failure !== 'object' || failure === null) return false;
    return this.known.has(failure) || ('cause' in failure && this.isKnown(failure.cause));
  }

  private remember(failure: unknown): void {
    if (typeof failure === 'object' && failure !== null) this.known.add(failure);
  }

  figures(): Record<string, number> {
    const { seconds } = this;
    this.seconds = 0;
    return { 'cluster/learners': this.size, 'cluster/seconds': seconds };
  }

  /** @throws the failure of the first other learner that has one. */
  private async meet(note: Note): Promise<readonly Note[]> {
    const notes = await this.wire.gather(note);
    for (const [rank, { failure }] of notes.entries()) {
      if (failure === undefined || rank === this.rank) continue;
      const { message, ...rest } = failure;
      throw Object.assign(new Error(`learner ${rank}: ${message}`), rest);
    }
    const other = notes.findIndex((each) => inWords(each) !== inWords(note));
    if (other < 0) return notes;
    throw new Error(
      `learner ${this.rank} ${inWords(note)}, learner ${other} ${inWords(notes[other] ?? note)}; expected the same exchange on all.`,
    );
  }

  /** All errors of an exchange reach every learner that takes part. */
  private async timed<T>(exchange: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await exchange();
    } catch (error) {
      this.remember(error);
      throw error;
    } finally {
      this.seconds += (performance.now() - start) / 1000;
    }
  }
}

function inWords({ kind, addends }: Note): string {
  return kind === 'sum' ? `adds up ${addends}` : `does a ${kind}`;
}

function describeFailure(failure: unknown): Failure {
  if (!(failure instanceof Error)) return { name: 'Error', message: String(failure) };
  const { name, message } = failure;
  return 'signal' in failure && typeof failure.signal === 'string'
    ? { name, message, signal: failure.signal }
    : { name, message };
}
