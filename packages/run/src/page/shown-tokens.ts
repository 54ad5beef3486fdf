import type { CompletionRecord } from '../logs/rollout-log.js';
import type { RolloutShading, ShownToken } from './shading.js';

/** The tokens of a completion with the figures that the run logged of them. */
export function shownTokens(completion: CompletionRecord): ShownToken<RolloutShading>[] {
  const { tokens, logProbs, advantage, perception } = completion;
  return tokens.map((text, i) => ({
    text,
    perceives: perception?.mask[i] === 1,
    figures: {
      ...known('shift', perception?.shift[i]),
      ...known('loss', perception?.loss[i]),
      ...known('advantage', advantage),
      ...known('surprise', logProbs[i] === undefined ? undefined : -logProbs[i]),
    },
  }));
}

function known(
  name: RolloutShading,
  value: number | null | undefined,
): Partial<Record<RolloutShading, number>> {
  return value === undefined || value === null ? {} : { [name]: value };
}
