import { type AdvantageOptions, drawInformative, groupAdvantages, type RewardedGroup } from '@cppo/grpo';

/** Groups to train on, and all that were drawn to find them. */
export interface DrawnGroups<P> {
  readonly trained: readonly RewardedGroup<P>[];
  readonly drawn: readonly RewardedGroup<P>[];
}

/**
 * Draws further groups in place of those whose rewards are all equal (DAPO's dynamic sampling, arXiv:2503.14476). Advantages are
 * taken anew among the groups that are trained on, where some look at the whole batch.
 *
 * @param wanted groups of a step.
 * @param refills how often further ones may be drawn; 0 draws once and drops none.
 * @param draw  gives the judged groups of one attempt.
 */
export async function drawWithRefills<P>(
  wanted: number,
  refills: number,
  draw: (attempt: number, missing: number) => Promise<RewardedGroup<P>[]>,
  options: AdvantageOptions,
): Promise<DrawnGroups<P>> {
  if (refills === 0) {
    const drawn = await draw(0, wanted);
    return { trained: drawn, drawn };
  }
  const { informative, drawn } = await drawInformative<P>({ wanted, attempts: 1 + refills, draw });
  // With nothing to learn the step stays what it would have been.
  const chosen = informative.length > 0 ? informative : drawn.slice(0, wanted);
  const advantages = groupAdvantages(
    chosen.map(({ rewards }) => rewards),
    options,
  );
  return { trained: chosen.map((group, i) => ({ ...group, advantages: advantages[i]! })), drawn };
}
