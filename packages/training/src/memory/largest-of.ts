import type { PromptSize } from '../contract/capacity.js';

/**
 * The largest of some prompts in each respect.
 *
 * @param sizes of the prompts.
 * @returns tokens and patches; nothing of none.
 */
export function largestOf(sizes: readonly PromptSize[]): PromptSize {
  return {
    tokens: Math.max(0, ...sizes.map(({ tokens }) => tokens)),
    patches: Math.max(0, ...sizes.map(({ patches }) => patches)),
  };
}
