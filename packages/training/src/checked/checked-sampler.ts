import type { Encoded } from '../contract/policy.js';
import type { SampleCompletions, Sampler } from '../contract/sampler.js';
import type { Blame } from './blame.js';
import { aKind } from './kinds.js';
import { wrongCompletions } from './wrong-completions.js';

/**
 * Wraps a custom sampler so that malformed groups are reported as its error.
 *
 * @param sampler a sampler, or a function that samples.
 * @param blame names its module in messages.
 * @returns the same sampler; it rejects with a ModuleError.
 */
export function checkedSampler<P extends Encoded>(
  sampler: Sampler<P> | SampleCompletions<P>,
  blame: Blame,
): Sampler<P> {
  if (typeof sampler === 'function') return { sample: checkedSampling(sampler, 'it', blame) };
  const { elsewhere = false } = sampler;
  const work = async (what: 'open' | 'close') => blame.later(`${what}()`, () => sampler[what]?.());
  return {
    elsewhere,
    sample: checkedSampling((request) => sampler.sample(request), 'sample()', blame),
    open: () => work('open'),
    ...(sampler.weightsChanged && {
      weightsChanged: (weights) => blame.later('weightsChanged()', () => sampler.weightsChanged?.(weights)),
    }),
    compared: (comparison) => blame.later('compared()', () => sampler.compared?.(comparison)),
    close: () => work('close'),
  };
}

function checkedSampling<P extends Encoded>(
  sample: SampleCompletions<P>,
  who: string,
  blame: Blame,
): SampleCompletions<P> {
  return async (request) => {
    const expected = `a list with {completions} for each of the ${request.prompts.length} prompts`;
    const groups: unknown = await blame.later(who, () => sample(request));
    if (!Array.isArray(groups)) throw blame.wrong(who, aKind(groups), expected);
    if (groups.length !== request.prompts.length) throw blame.wrong(who, aKind(groups), expected);
    for (const [i, group] of groups.entries()) {
      const wrong = wrongCompletions(group?.completions);
      if (wrong !== undefined) throw blame.wrong(who, `${wrong.found} for prompt ${i}`, wrong.expected);
    }
    return groups;
  };
}
