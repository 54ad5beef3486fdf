import type { RewardFunction } from '../reward-function.js';

/** A reward function did not answer within its time. */
export class LateVerdictError extends Error {
  override readonly name = 'LateVerdictError';
}

/**
 * Makes a reward function reject when its verdict takes too long. A function that never yields cannot be
 * timed: run it in a worker.
 *
 * @param reward the function to time.
 * @param seconds time for one verdict, above 0; no limit when undefined.
 * @returns the same reward, or a rejection with "no verdict within … s".
 * @example
 * const never = () => new Promise(() => {});
 * const timed = inTime(never, 0.01);
 * await timed({ completion: '', answer: '' }).catch(({ message }) => message); // 'no verdict within 0.01 s'
 */
export function inTime(reward: RewardFunction, seconds: number | undefined): RewardFunction {
  if (seconds === undefined) return reward;
  return async (input) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new LateVerdictError(`no verdict within ${seconds} s`)),
        seconds * 1000,
      );
    });
    try {
      return await Promise.race([reward(input), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
