import { aKind } from './kinds.js';

/**
 * Checks sampled completions of one prompt.
 *
 * @param completions what a sampler returned.
 * @returns the halves of "found … expected …"; undefined when they are well-formed.
 */
export function wrongCompletions(completions: unknown): { found: string; expected: string } | undefined {
  if (!Array.isArray(completions) || completions.length === 0) {
    return {
      found: Array.isArray(completions) ? 'no completions' : `${aKind(completions)} as completions`,
      expected: 'a list of at least one',
    };
  }
  for (const [i, each] of completions.entries()) {
    const { tokens, logProbs, text, truncated } = (each ?? {}) as Record<string, unknown>;
    const wrong =
      tokens instanceof Int32Array && logProbs instanceof Float32Array
        ? tokens.length === logProbs.length
          ? typeof text === 'string' && typeof truncated === 'boolean'
            ? undefined
            : `text ${aKind(text)}, truncated ${aKind(truncated)}`
          : `${tokens.length} tokens with ${logProbs.length} logProbs`
        : aKind(each);
    if (wrong !== undefined) {
      return {
        found: `${wrong} as completion ${i}`,
        expected:
          '{tokens: Int32Array, logProbs: Float32Array of the same length, text: a string, truncated: true or false}',
      };
    }
  }
  return undefined;
}
