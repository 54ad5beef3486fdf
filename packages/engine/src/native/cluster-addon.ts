import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What the addon offers: TensorFlow's collective operations on arrays. */
export interface ClusterAddon {
  /** Bytes of one operation of `reduce`, which takes as many numbers of exchanges. */
  readonly pieceBytes: number;
  /** Starts this learner's server. Once a process; does not wait for the others. */
  join(definition: Uint8Array, config: Uint8Array, device: string, learners: number): Promise<void>;
  /** Adds up over all learners, in place. @param instance number of the exchange, for this type and length alone. */
  reduce(values: Float32Array | Float64Array, instance: number): Promise<void>;
  /** The arrays of all learners, all of one length, one after the other. @param instance as for `reduce`. */
  gather(values: Int32Array, instance: number): Promise<Int32Array>;
  /** Asks a learner's server whether it is there. */
  check(task: string, milliseconds: number): Promise<void>;
  /** Rejects the exchanges that wait, and all later ones. */
  abort(reason: string): void;
}

const require = createRequire(import.meta.url);

/** Where it lies in tfjs-node's folder. */
export const CLUSTER_ADDON = join('lib', 'napi-v8', 'cppo_cluster.node');

/** What its source includes beside the headers of tfjs-node's own addon; not every archive of TensorFlow has it. */
const header = 'tensorflow/c/c_api_experimental.h';

/** The source; in a folder of its own, since it is no kernel and its changes make no kernel stale. */
export function clusterSource(): string {
  return join(dirname(require.resolve('@cppo/engine/package.json')), 'native', 'cluster', 'cluster.cc');
}

/** Changes with the source. */
export function clusterVersion(): string {
  return createHash('sha256').update(readFileSync(clusterSource())).digest('hex').slice(0, 16);
}

/** Whether TensorFlow's headers are enough for it. */
export function canCompileCluster(include: string): boolean {
  return existsSync(join(include, header));
}

/** Finds the addon, which `buildNative` makes beside tfjs-node's own; nothing where it was not built. */
export function findClusterAddon(): string | undefined {
  for (const name of ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu']) {
    try {
      const path = join(dirname(require.resolve(`${name}/package.json`)), CLUSTER_ADDON);
      if (existsSync(path)) return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}

/** Loads the addon, and TensorFlow's library with it. */
export function loadClusterAddon(path: string): ClusterAddon {
  return require(path);
}
