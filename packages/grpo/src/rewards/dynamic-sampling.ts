import { requireNames } from '@cppo/checked-options';
import type { RewardedGroup } from '../loss-term.js';

/** True when all completions that could be judged are equally accurate: the group does not say which is better. */
function isUninformative<P>({ accuracies, rewards }: RewardedGroup<P>): boolean {
  const judged = accuracies.filter((_, index) => !Number.isNaN(rewards[index]));
  return judged.every((accuracy) => accuracy === judged[0]);
}

/**
 * Divides groups as dynamic sampling does (DAPO, arXiv:2503.14476, eq. 11): those whose completions are all right or
 * all wrong carry no signal. Judged on accuracy, not on the shaped reward, whose small differences in format or length
 * would keep such a group; and by exact equality, not by a threshold on a deviation.
 */
export function splitInformative<P>(groups: readonly RewardedGroup<P>[]): {
  readonly informative: RewardedGroup<P>[];
  readonly uninformative: RewardedGroup<P>[];
} {
  return {
    informative: groups.filter((group) => !isUninformative(group)),
    uninformative: groups.filter(isUninformative),
  };
}

export interface DynamicSamplingOptions<P> {
  /** Informative groups wanted. */
  readonly wanted: number;
  /** Samples and rewards groups of further prompts; `attempt` counts from 0 and `missing` says how many are wanted. */
  readonly draw: (attempt: number, missing: number) => Promise<readonly RewardedGroup<P>[]>;
  /** Calls of `draw` after which it makes do with what there is. Default 10. */
  readonly attempts?: number;
}

/**
 * Draws groups until enough are informative: drop and refill.
 *
 * @returns at most `wanted` informative groups, in the order drawn, and all groups drawn, for the log.
 */
export async function drawInformative<P>(options: DynamicSamplingOptions<P>): Promise<{
  readonly informative: RewardedGroup<P>[];
  readonly drawn: RewardedGroup<P>[];
}> {
  requireNames('drawInformative', options, { wanted: true, draw: true, attempts: true });
  const { wanted, draw, attempts = 10 } = options;
  const drawn: RewardedGroup<P>[] = [];
  const informative: RewardedGroup<P>[] = [];
  for (let attempt = 0; attempt < attempts && informative.length < wanted; attempt++) {
    const groups = await draw(attempt, wanted - informative.length);
    drawn.push(...groups);
    informative.push(...splitInformative(groups).informative);
  }
  return { informative: informative.slice(0, wanted), drawn };
}
