import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { EngineError } from './engine-error.js';
import type { Protocol } from './protocol.js';
import { readReply } from './read-reply.js';
import type { NewWeights } from './sampling.js';
import { type Patience, type Server, withPatience } from './server.js';

/** Adapters that servers hold at a time: sampling may still run with the last while the next arrives. */
const KEPT = 2;

/** Milliseconds that a server has to drop one: nothing waits for that but the run. */
const UNLOADING = 10_000;

const list = z.looseObject({ data: z.array(z.looseObject({ id: z.string() })) });

interface Adapter {
  readonly name: string;
  readonly directory: string;
  readonly version: number;
  /** Servers that took it. */
  readonly at: readonly Server[];
}

/** The adapters that the servers were given. */
export class HandedOver {
  // Servers keep caches of prefixes and pictures by an adapter's name, so that none may come again, in no later session either.
  readonly #prefix = `cppo-${randomBytes(6).toString('hex')}`;
  readonly #held: Adapter[] = [];

  /**
   * @param root directory that this machine and the servers see under the same path.
   * @param say told, in a sentence, what could not be tidied up.
   */
  constructor(
    private readonly root: string,
    private readonly servers: readonly Server[],
    private readonly protocol: Protocol,
    private readonly patience: Patience,
    private readonly say: (sentence: string) => void,
  ) {}

  /** The newest. */
  get current(): Adapter | undefined {
    return this.#held.at(-1);
  }

  /** @throws EngineError when a server does not take it. */
  async add({ version, saveAdapters }: NewWeights): Promise<void> {
    const name = `${this.#prefix}-${version}`;
    const directory = resolve(join(this.root, name));
    await saveAdapters(directory);
    const tried = await Promise.allSettled(this.servers.map((server) => this.#load(server, name, directory)));
    const at = this.servers.filter((_, i) => tried[i]?.status === 'fulfilled');
    this.#held.push({ name, directory, version, at });
    for (const each of tried) if (each.status === 'rejected') throw each.reason;
    while (this.#held.length > KEPT) await this.#drop(this.#held.shift());
  }

  /** Takes all of them back. */
  async dropAll(): Promise<void> {
    while (this.#held.length > 0) await this.#drop(this.#held.shift());
  }

  async #load(server: Server, name: string, directory: string): Promise<void> {
    await withPatience(this.patience, async (attempt) => {
      // The answer to an earlier attempt may have been lost, and a second load of the same name is refused.
      if (attempt > 0 && (await modelsOf(server)).includes(name)) return;
      try {
        this.protocol.loaded(await server.call(this.protocol.load(name, directory)), name);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        throw withHint(error, `the new weights in ${directory} were not taken`, this.protocol);
      }
    });
    if (!this.protocol.listsAdapters) return;
    const there = await modelsOf(server);
    if (!there.includes(name))
      throw new EngineError(
        `${server.url}: found the models ${there.join(', ')} after the adapter ${name} was loaded, expected it among them`,
      );
  }

  async #drop(adapter: Adapter | undefined): Promise<void> {
    if (adapter === undefined) return;
    for (const server of adapter.at) {
      const soon = AbortSignal.timeout(UNLOADING);
      await server.call(this.protocol.unload(adapter.name), soon).catch((error: Error) => {
        this.say(`the adapter ${adapter.name} was not unloaded: ${error.message}`);
      });
    }
    await rm(adapter.directory, { recursive: true, force: true });
  }
}

/**
 * The names under which a server answers.
 *
 * @throws EngineError when it is no server of this kind.
 */
export async function modelsOf(server: Server): Promise<string[]> {
  const path = '/v1/models';
  return readReply(`${server.url}${path}`, list, await server.call({ path })).data.map(({ id }) => id);
}

/** Keeps the class, which says whether it may pass. */
function withHint(error: EngineError, what: string, { flags }: Protocol): EngineError {
  error.message = `${what} (${error.message}); expected a directory that the server sees under the same path, and a server started with ${flags}`;
  return error;
}
