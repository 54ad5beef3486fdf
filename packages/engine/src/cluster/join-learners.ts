import { setTimeout as sleep } from 'node:timers/promises';
import { deserialize, serialize } from 'node:v8';
import { requireNames } from '@cppo/checked-options';
import { buildCommand } from '../native/build-command.js';
import { type ClusterAddon, findClusterAddon, loadClusterAddon } from '../native/cluster-addon.js';
import { avoidProxies } from './avoid-proxies.js';
import { splitAddress } from './is-listening.js';
import { PeerLostError } from './peer-lost-error.js';
import { PeerWatch } from './peer-watch.js';
import type { Learners } from './read-learners.js';
import { serverDefinition, taskOf } from './server-definition.js';

export interface JoinOptions {
  /** Who the learners are, and which of them this process is. */
  readonly learners: Learners;
  /** Seconds without an answer after which another learner counts as lost. Default 30. */
  readonly lostSeconds?: number;
  /** Seconds that the others have to come. Default 600. */
  readonly joinSeconds?: number;
  /** Threads of the engine, where its library is the same: it reads them when the first of the two loads it. */
  readonly threads?: number;
  /** Told, in a sentence, what is waited for. */
  readonly onNotice?: (sentence: string) => void;
}

/** A connection to the other learners: a `Wire` of `@cppo/grpo`, of which `clusterOver` makes a cluster. */
export interface Connection {
  readonly rank: number;
  readonly size: number;
  /** Collects a value of each learner, in the order of the ranks. */
  gather<T>(value: T): Promise<readonly T[]>;
  /** Adds up over all learners, in place: the same bits on all. */
  sum(values: Float32Array | Float64Array): Promise<void>;
  /** Ends the watch over the others. The server goes on until the process ends. */
  close(): void;
}

/** Seconds after which a learner says whom it is waiting for. */
const PATIENCE = 10;
/** Milliseconds that the watch has to name the learner that ended an exchange. */
const NAMING = 3000;

/**
 * Starts this process's server and waits for the other learners.
 *
 * The server listens on all interfaces, without authentication or encryption: a private network is assumed. A process can
 * join once; after a lost learner it has to end.
 *
 * @param options learners and times.
 * @returns the connection; what it throws later is a `PeerLostError`.
 * @throws RangeError when the port is taken or an option out of range; PeerLostError when a learner does not come.
 */
export async function joinLearners(options: JoinOptions): Promise<Connection> {
  requireNames('joinLearners', options, {
    ...{ learners: true, lostSeconds: true, joinSeconds: true, threads: true, onNotice: true },
  });
  const { learners, lostSeconds = 30, joinSeconds = 600, onNotice } = options;
  for (const [name, value] of Object.entries({ lostSeconds, joinSeconds })) {
    if (!(value >= 1)) throw new RangeError(`joinLearners: ${name} is ${value}; expected 1 or more.`);
  }
  const { rank, addresses } = learners;
  const addon = loadAddon(options);
  const { definition, config } = serverDefinition(learners);
  const device = `${taskOf(rank)}/device:CPU:0`;
  await addon.join(definition, config, device, addresses.length).catch((error: Error) => {
    throw new RangeError(
      `learner ${rank} cannot listen on port ${splitAddress(addresses[rank] ?? '').port}, which another process may have taken (${firstLine(error)}).`,
    );
  });
  const connection = new NativeConnection(learners, addon);
  const watch = new PeerWatch({
    ...learners,
    ...{ addon, lostSeconds, joinSeconds },
    onLost: (error) => connection.lose(error),
  });
  connection.watch = watch;
  const notice = setTimeout(() => onNotice?.(`waiting for ${watch.missing().join(', ')}`), PATIENCE * 1000);
  await watch.come();
  clearTimeout(notice);
  connection.requireAll();
  return connection;
}

/** All that the library and gRPC read of the environment, they read once: it comes first. */
function loadAddon({ learners: { rank, addresses }, threads }: JoinOptions): ClusterAddon {
  const path = findClusterAddon();
  if (path === undefined) {
    throw new RangeError(
      `learner ${rank} of ${addresses.length}: found no addon to join the others, expected the native one: ${buildCommand()}.`,
    );
  }
  const { env } = process;
  env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  if (threads !== undefined) env.TF_NUM_INTRAOP_THREADS = `${threads}`;
  avoidProxies(env, addresses);
  return loadClusterAddon(path);
}

class NativeConnection implements Connection {
  readonly rank: number;
  readonly size: number;
  watch: PeerWatch | undefined;
  private lost: PeerLostError | undefined;
  private readonly numbers = new ExchangeNumbers();

  constructor(
    learners: Learners,
    private readonly addon: ClusterAddon,
  ) {
    this.rank = learners.rank;
    this.size = learners.addresses.length;
  }

  async gather<T>(value: T): Promise<readonly T[]> {
    const bytes = serialize(value);
    // Arrays of one exchange have one length: the sizes go first, then all are filled up to a few lengths.
    const sizes = await this.collect(Int32Array.of(bytes.length));
    const words = 2 ** Math.ceil(Math.log2(Math.max(...sizes, 4) / 4));
    const own = new Int32Array(words);
    new Uint8Array(own.buffer).set(bytes);
    const all = await this.collect(own);
    return Array.from(sizes, (size, rank) => {
      const part = new Uint8Array(all.buffer, all.byteOffset + rank * words * 4, size);
      const found: T = deserialize(part);
      return found;
    });
  }

  async sum(values: Float32Array | Float64Array): Promise<void> {
    if (values.length === 0) return;
    const pieces = Math.ceil(values.byteLength / this.addon.pieceBytes);
    const number = this.numbers.of(`sum ${values.constructor.name} ${values.length}`, pieces);
    await this.exchange(() => this.addon.reduce(values, number));
  }

  close(): void {
    this.watch?.close();
  }

  lose(error: PeerLostError): void {
    this.lost = error;
    this.addon.abort(error.message);
  }

  requireAll(): void {
    if (this.lost !== undefined) throw this.lost;
  }

  private collect(own: Int32Array): Promise<Int32Array> {
    const number = this.numbers.of(`gather ${own.length}`, 1);
    return this.exchange(() => this.addon.gather(own, number));
  }

  private async exchange<T>(work: () => Promise<T>): Promise<T> {
    this.requireAll();
    try {
      return await work();
    } catch (error) {
      // The exchange ends at once, and the watch says a little later who is gone.
      for (let waited = 0; this.lost === undefined && waited < NAMING; waited += 100) await sleep(100);
      this.lost ??= new PeerLostError(
        `a learner was lost during an exchange (${firstLine(error)}); start all learners again, the run resumes from its last checkpoint.`,
      );
      this.close();
      throw this.lost;
    }
  }
}

/** Numbers of exchanges: TensorFlow lets each stand for one operation, type and length. The same on all learners. */
class ExchangeNumbers {
  private readonly known = new Map<string, number>();
  private free = 1;

  of(exchange: string, count: number): number {
    const known = this.known.get(exchange);
    if (known !== undefined) return known;
    const number = this.free;
    this.free += count;
    this.known.set(exchange, number);
    return number;
  }
}

/** TensorFlow adds payloads and a stack to its sentences. */
function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? '').trim();
}
