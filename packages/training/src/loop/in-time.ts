import type { RewardFunction } from '@cppo/reward';

/** A reward that rejects where its verdict takes longer than that. A function that never yields cannot be timed. */
export function inTime(reward: RewardFunction, seconds: number | undefined): RewardFunction {
  if (seconds === undefined) return reward;
  return async (input) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no verdict within ${seconds} s`)), seconds * 1000);
    });
    try {
      return await Promise.race([reward(input), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
