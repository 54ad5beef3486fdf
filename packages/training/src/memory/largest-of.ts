import type { PromptSize } from '../contract/capacity.js';

/**
 * Finds the largest size of some prompts in each respect; zeros for no prompt.
 *
 * @param sizes of prompts.
 * @returns the largest of each.
 * @example
 * largestOf([{ tokens: 90, patches: 16 }, { tokens: 40, patches: 64 }]); // { tokens: 90, patches: 64 }
 */
export function largestOf(sizes: readonly PromptSize[]): PromptSize {
  return {
    tokens: Math.max(0, ...sizes.map(({ tokens }) => tokens)),
    patches: Math.max(0, ...sizes.map(({ patches }) => patches)),
  };
}
