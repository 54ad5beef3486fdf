import type { EncodedPrompt } from '@cppo/policy-qwen';

/** What a prompt takes of a model. */
export interface PromptSize {
  readonly tokens: number;
  /** Patches that the vision tower sees. */
  readonly patches: number;
}

export function sizeOf({ ids, images }: EncodedPrompt): PromptSize {
  return {
    tokens: ids.length,
    patches: images.reduce((sum, { grid }) => sum + grid[0] * grid[1] * grid[2], 0),
  };
}

/** The largest of some prompts in each respect; nothing of none. */
export function largestOf(sizes: readonly PromptSize[]): PromptSize {
  return {
    tokens: Math.max(0, ...sizes.map(({ tokens }) => tokens)),
    patches: Math.max(0, ...sizes.map(({ patches }) => patches)),
  };
}
