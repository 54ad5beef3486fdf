import { requireNames } from '@cppo/checked-options';
import type { RewardedGroup } from '../loss-term.js';

/** True when all completions that could be judged are equally accurate: the group does not say which is better. */
function isUninformative<P>({ accuracies, rewards }: RewardedGroup<P>): boolean {
  const judged = accuracies.filter((_, index) => !Number.isNaN(rewards[index]));
  return judged.every((accuracy) => accuracy === judged[0]);
}

/**
 * Separates groups that carry a learning signal from those that do not (DAPO's dynamic sampling,
 * arXiv:2503.14476, eq. 11): a group whose completions are all right or all wrong is uninformative.
 *
 * Compares accuracies for exact equality. The shaped reward would keep groups that differ only in format or
 * length.
 *
 * @param groups rewarded groups; completions that could not be judged are ignored.
 * @returns the groups of each kind, in the given order.
 * @example
 * const mixed = { id: 'a', rewards: [0.9, 0], accuracies: [1, 0] };
 * const solved = { id: 'b', rewards: [1, 0.9], accuracies: [1, 1] };
 * splitInformative([mixed, solved]).informative.map(({ id }) => id); // ['a']
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
  /** Calls of `draw` before it returns with fewer groups than wanted. Default 10. */
  readonly attempts?: number;
}

/**
 * Draws groups until enough are informative (`splitInformative`): drop and refill.
 *
 * @param options how many are wanted, how to draw more, and how often.
 * @returns at most `wanted` informative groups in the order drawn, and every group drawn, for the log.
 * @throws RangeError when an option is unknown; whatever `draw` throws.
 * @example
 * const draw = async (attempt) => [{ id: attempt, rewards: [1, attempt % 2], accuracies: [1, attempt % 2] }];
 * const { informative, drawn } = await drawInformative({ wanted: 2, draw });
 * informative.map(({ id }) => id); // [0, 2]
 * drawn.length; // 3
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
