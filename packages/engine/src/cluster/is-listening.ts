import { connect } from 'node:net';

/**
 * Asks whether a process listens at an address. gRPC cannot be asked before that: it waits longer after each attempt that
 * failed, and a learner that comes late would be noticed later still.
 *
 * @param address host:port.
 * @param milliseconds that it may take.
 */
export function isListening(address: string, milliseconds: number): Promise<boolean> {
  const { host, port } = splitAddress(address);
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: milliseconds });
    const answer = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => answer(true));
    socket.once('timeout', () => answer(false));
    socket.once('error', () => answer(false));
  });
}

/** Host and port of an address; brackets of IPv6 addresses are left out. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}
