import type { EncodedPrompt } from '../prompt.js';

/** What a prompt takes of a model. */
export interface PromptSize {
  readonly tokens: number;
  /** Patches that the vision tower sees. */
  readonly patches: number;
}

/** The size of an encoded prompt. */
export function sizeOf({ ids, images }: EncodedPrompt): PromptSize {
  return {
    tokens: ids.length,
    patches: images.reduce((sum, { grid }) => sum + grid[0] * grid[1] * grid[2], 0),
  };
}
