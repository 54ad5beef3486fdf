/** Thrown by exchanges when another learner is gone or cannot be reached: all have to be started again. */
export class PeerLostError extends Error {
  override name = 'PeerLostError';
}
