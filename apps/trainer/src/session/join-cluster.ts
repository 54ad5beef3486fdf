import { joinLearners, readLearners } from '@cppo/engine';
import { alone, type Cluster, clusterOver } from '@cppo/grpo';
import { UserError } from '@cppo/run';
import type { Config } from '../config/schema.js';

/** The learners of a run, as this process sees them. */
export interface JoinedCluster {
  readonly cluster: Cluster;
  /** `host:port` of each; none where this process is alone. */
  readonly addresses: readonly string[];
  close(): void;
}

/**
 * Joins the learners that the environment names (TF_CONFIG, or CPPO_LEARNERS and CPPO_RANK), and waits for them.
 *
 * @param configured reads the configuration, where there are some.
 * @throws UserError when they cannot be joined; PeerLostError when one does not come.
 */
export async function joinCluster(
  configured: () => Promise<Pick<Config, 'cluster' | 'engine'>>,
): Promise<JoinedCluster> {
  try {
    const learners = readLearners();
    if (learners === undefined) return { cluster: alone, addresses: [], close: () => {} };
    const { cluster, engine } = await configured();
    const { threads } = engine;
    const onNotice = (sentence: string) => console.error(`cluster    ${sentence}`);
    const connection = await joinLearners({ learners, ...cluster, ...(threads && { threads }), onNotice });
    const { addresses } = learners;
    return { cluster: clusterOver(connection), addresses, close: () => connection.close() };
  } catch (error) {
    throw error instanceof RangeError ? new UserError(error.message) : error;
  }
}
