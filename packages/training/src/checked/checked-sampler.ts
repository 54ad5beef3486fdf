import type { Encoded } from '../contract/policy.js';
import type { Sampler } from '../contract/sampler.js';
import type { Blame } from './blame.js';
import { aKind } from './kinds.js';
import { wrongCompletions } from './wrong-completions.js';

/**
 * Wraps a custom sampler so that malformed groups are reported as its error.
 *
 * @param sampler a sampler.
 * @param blame names its module in messages.
 * @returns the same sampler; it rejects with a ModuleError.
 */
export function checkedSampler<P extends Encoded>(sampler: Sampler<P>, blame: Blame): Sampler<P> {
  return async (request) => {
    const expected = `a list with {completions} for each of the ${request.prompts.length} prompts`;
    const groups: unknown = await blame.later('it', () => sampler(request));
    if (!Array.isArray(groups)) throw blame.wrong('it', aKind(groups), expected);
    if (groups.length !== request.prompts.length) throw blame.wrong('it', aKind(groups), expected);
    for (const [i, group] of groups.entries()) {
      const wrong = wrongCompletions(group?.completions);
      if (wrong !== undefined) throw blame.wrong('it', `${wrong.found} for prompt ${i}`, wrong.expected);
    }
    return groups;
  };
}
