import { createHash } from 'node:crypto';
import type { Encoded, TrainedPolicy } from '../contract/policy.js';

/**
 * Hashes the trained weights of a policy, to the last bit.
 *
 * @param policy its variables, in their order.
 * @returns SHA-256 as hexadecimal digits.
 */
export async function weightsChecksum({
  variables,
}: Pick<TrainedPolicy<Encoded>, 'variables'>): Promise<string> {
  const hash = createHash('sha256');
  for (const variable of variables) {
    const { buffer, byteOffset, byteLength } = await variable.data();
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
