// Where the time of a step goes with several learners: a seeded simulation.

/**
 * Simulates steps of `prompts` groups on `learners`: group i is learner i mod N's. All wait twice, for the rewards of all
 * groups and for the sum of the gradients; so a step takes
 *
 *   max over learners of sampling + max over learners of gradients + exchange
 *
 * Groups differ: each takes `spread` (relative standard deviation, log-normal) more or less than the mean, and a view of the
 * picture is scored only for the share `viewed` of the groups, those with an answer better than the others.
 *
 * @param {object} options
 * @param {number} options.learners N.
 * @param {number} options.prompts groups a step.
 * @param {{ sampling: number, policy: number, views: number }} options.seconds of one group on one learner.
 * @param {number} options.exchange seconds of the exchange.
 * @param {number} options.spread relative standard deviation of a group's time.
 * @param {number} options.viewed share of the groups whose views are scored, 0 to 1.
 * @param {number} [options.steps] simulated steps.
 * @param {number} [options.seed] of the generator.
 * @returns {{ step: number, busy: number, waiting: number, exchange: number }} seconds of a mean step, and of a mean learner
 *   in it: at work, waiting for the others, exchanging; the last three add up to the first.
 */
export function simulateSteps({
  learners,
  prompts,
  seconds,
  exchange,
  spread,
  viewed,
  steps = 400,
  seed = 1,
}) {
  const random = seededRandom(seed);
  const sigma = Math.sqrt(Math.log(1 + spread ** 2));
  let whole = 0;
  let work = 0;
  for (let step = 0; step < steps; step++) {
    const sampling = new Float64Array(learners);
    const gradients = new Float64Array(learners);
    for (let group = 0; group < prompts; group++) {
      const length = Math.exp(sigma * normal(random) - sigma ** 2 / 2);
      const isViewed = random() < viewed;
      sampling[group % learners] += length * seconds.sampling;
      gradients[group % learners] += length * (seconds.policy + (isViewed ? seconds.views : 0));
    }
    whole += Math.max(...sampling) + Math.max(...gradients) + exchange;
    work += (sum(sampling) + sum(gradients)) / learners;
  }
  return { step: whole / steps, busy: work / steps, waiting: (whole - work) / steps - exchange, exchange };
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

/** Mulberry32: uniform in [0, 1). */
function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Box and Muller. */
function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
