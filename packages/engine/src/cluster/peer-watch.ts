import type { ClusterAddon } from '../native/cluster-addon.js';
import { isListening } from './is-listening.js';
import { PeerLostError } from './peer-lost-error.js';
import type { Learners } from './read-learners.js';
import { taskOf } from './server-definition.js';

/** Milliseconds between two rounds of questions, and at most for one answer. */
const ROUND = 500;
const ANSWER = 1000;
/** Questions in a row to which nobody listens, after which a learner that was there is gone. */
const REFUSALS = 2;

export interface PeerWatchOptions extends Learners {
  readonly addon: Pick<ClusterAddon, 'check'>;
  /** Seconds without an answer after which a learner counts as lost. */
  readonly lostSeconds: number;
  /** Seconds that learners have to come, from now on. */
  readonly joinSeconds: number;
  /** Called once, with the reason, when one is lost or has not come. */
  readonly onLost: (error: PeerLostError) => void;
}

interface Peer {
  readonly rank: number;
  /** Whether it has ever answered. */
  hasCome: boolean;
  /** Milliseconds that questions since its last answer have waited for one. */
  silence: number;
  /** Questions since then that were refused. */
  refusals: number;
}

/**
 * Asks the other learners again and again whether they are there. An exchange by itself would wait for ever for one that was
 * killed before it, or that no longer answers.
 */
export class PeerWatch {
  private readonly peers: readonly Peer[];
  private readonly begun = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private ended = false;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly options: PeerWatchOptions) {
    this.peers = options.addresses
      .map((_, rank) => ({ rank, hasCome: false, silence: 0, refusals: 0 }))
      .filter(({ rank }) => rank !== options.rank);
    this.next(0);
  }

  /** Waits until all others have answered once. */
  async come(): Promise<void> {
    while (!this.ended && this.missing().length > 0) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Those that have not come so far, in words. */
  missing(): string[] {
    return this.peers.filter(({ hasCome }) => !hasCome).map(({ rank }) => this.nameOf(rank));
  }

  nameOf(rank: number): string {
    return `learner ${rank} (${this.options.addresses[rank]})`;
  }

  close(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.wake();
  }

  private next(delay: number): void {
    if (this.ended) return;
    this.timer = setTimeout(() => {
      this.round().then(() => this.next(ROUND));
    }, delay);
  }

  private async round(): Promise<void> {
    for (const peer of this.peers) {
      if (this.ended) return;
      await this.ask(peer);
      const reason = this.reasonToGiveUp(peer);
      if (reason === undefined) continue;
      const sentence = `${this.nameOf(peer.rank)} ${reason}; start all learners again, the run resumes from its last checkpoint.`;
      this.close();
      this.options.onLost(new PeerLostError(sentence));
    }
    this.wake();
  }

  private async ask(peer: Peer): Promise<void> {
    const { addon, addresses, lostSeconds } = this.options;
    const milliseconds = Math.min(ANSWER, lostSeconds * 500);
    const address = addresses[peer.rank] ?? '';
    if (!peer.hasCome && !(await isListening(address, milliseconds))) return;
    try {
      await addon.check(taskOf(peer.rank), milliseconds);
      Object.assign(peer, { hasCome: true, silence: 0, refusals: 0 });
    } catch (error) {
      // By the clock a learner that computes for long, and asks nobody meanwhile, would hold its own silence against the others.
      peer.silence += milliseconds + ROUND;
      if (refused(error)) peer.refusals++;
    }
  }

  private reasonToGiveUp({ hasCome, silence, refusals }: Peer): string | undefined {
    const { lostSeconds, joinSeconds } = this.options;
    if (!hasCome) {
      const seconds = (performance.now() - this.begun) / 1000;
      return seconds > joinSeconds ? `has not come within ${joinSeconds} s` : undefined;
    }
    if (refusals >= REFUSALS) return 'is gone';
    const seconds = silence / 1000;
    return seconds > lostSeconds ? `has not answered for ${Math.round(seconds)} s` : undefined;
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/** Whether nobody listens at the address (UNAVAILABLE), which a deadline would not say. */
function refused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '14';
}
