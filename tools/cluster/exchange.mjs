// What a sum over all learners costs: TensorFlow's ring, as arithmetic.

/**
 * Bytes that each learner sends (and receives) to sum a buffer by a ring (Patarasuk and Yuan 2009):
 *
 *   2 (N − 1) / N · bytes
 *
 * The buffer is cut into N parts; each travels N − 1 times while it is added up and N − 1 times while the sum is handed on.
 *
 * @param {number} bytes of the buffer.
 * @param {number} learners N, at least 1.
 * @returns {number} bytes; 0 for one learner.
 */
export function bytesSent(bytes, learners) {
  return ((2 * (learners - 1)) / learners) * bytes;
}

/**
 * Seconds of a sum: what is sent at the rate of a learner, and a delay for each of the 2 (N − 1) hops.
 *
 * The pieces of a buffer travel at the same time, so their delays are not added up.
 *
 * @param {number} bytes of the buffer.
 * @param {number} learners N.
 * @param {{ rate: number, hop: number }} link bytes a second that a learner sends while it receives as many; seconds a hop.
 * @returns {number} seconds.
 */
export function exchangeSeconds(bytes, learners, { rate, hop }) {
  return bytesSent(bytes, learners) / rate + 2 * (learners - 1) * hop;
}

/**
 * Rate and hop of a link from measured sums: least squares in the logarithm of the seconds, as small sums count as much as
 * large ones.
 *
 * @param {readonly { bytes: number, learners: number, seconds: number }[]} measured of at least two sizes.
 * @returns {{ rate: number, hop: number }} bytes a second; seconds.
 */
export function fitLink(measured) {
  const large = measured.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const small = measured.reduce((a, b) => (b.bytes < a.bytes ? b : a));
  let best = {
    rate: bytesSent(large.bytes, large.learners) / large.seconds,
    hop: small.seconds / (2 * (small.learners - 1)),
  };
  let error = errorOf(best, measured);
  // Two numbers, both known within a factor: a search by ever smaller factors finds the minimum.
  for (let factor = 2; factor > 1.0005; factor = Math.sqrt(factor)) {
    for (let better = true; better; ) {
      better = false;
      for (const [rate, hop] of [
        [factor, 1],
        [1 / factor, 1],
        [1, factor],
        [1, 1 / factor],
      ]) {
        const link = { rate: best.rate * rate, hop: best.hop * hop };
        const found = errorOf(link, measured);
        if (found < error) [best, error, better] = [link, found, true];
      }
    }
  }
  return best;
}

function errorOf(link, measured) {
  return measured.reduce(
    (sum, { bytes, learners, seconds }) =>
      sum + Math.log(exchangeSeconds(bytes, learners, link) / seconds) ** 2,
    0,
  );
}
