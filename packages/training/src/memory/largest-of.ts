import type { PromptSize } from '../contract/capacity.js';

/**
 * Finds the largest size of some prompts in each respect; zeros for no prompt.
 *
 * @param sizes of prompts.
 * @returns the largest of each.
 */
export function largestOf(sizes: readonly PromptSize[]): PromptSize {
  return {
    tokens: Math.max(0, ...sizes.map(({ tokens }) => tokens)),
    patches: Math.max(0, ...sizes.map(({ patches }) => patches)),
  };
}
