import type { StepMetrics } from '@cppo/run';

/** Consecutive steps before the first warning; the next follows at twice as many, and so on. */
const first = 3;

/** Notices when steps have nothing to learn from: within every group all rewards are equal. */
export class EqualRewards {
  private inARow = 0;
  private next: number;

  /** @param steps of the whole run, which may be shorter than it takes to be sure. */
  constructor(steps: number) {
    this.next = Math.min(first, steps);
  }

  /** @returns one sentence when it is time to say it. */
  after(metrics: StepMetrics): string | undefined {
    if (metrics['groups/zeroVariance'] !== 1 || metrics['gradient/broken'] === 1) {
      this.inARow = 0;
      this.next = Math.min(first, this.next);
      return undefined;
    }
    if (++this.inARow < this.next) return undefined;
    this.next = 2 * this.inARow;
    const times = this.inARow === 1 ? 'in this step' : `in ${this.inARow} steps in a row`;
    const mean = metrics['reward/mean'];
    const value = typeof mean === 'number' ? ` (on average ${Number(mean.toPrecision(3))})` : '';
    return `all rewards of each question were equal ${times}${value}, so no answer was better than another and the policy loss taught nothing; they differ with questions that are neither too hard nor too easy, more rollout.completions, a higher rollout.temperature, or a reward.function that tells more answers apart`;
  }
}
