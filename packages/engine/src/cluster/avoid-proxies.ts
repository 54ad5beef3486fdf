import { splitAddress } from './is-listening.js';

/**
 * Keeps the connections between learners off a proxy: gRPC would send them there, and exchanges would wait for ever.
 *
 * @param environment variables of the process, changed here.
 * @param addresses `host:port` of the learners.
 */
export function avoidProxies(
  environment: Record<string, string | undefined>,
  addresses: readonly string[],
): void {
  const hosts = addresses.map((address) => splitAddress(address).host);
  const before = environment.no_grpc_proxy ?? '';
  environment.no_grpc_proxy = [...new Set([...before.split(','), ...hosts])].filter(Boolean).join(',');
}
