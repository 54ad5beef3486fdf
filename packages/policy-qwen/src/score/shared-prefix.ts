import type { EncodedPrompt } from '../prompt.js';

/**
 * Tokens that all prompts begin with, before the first picture: the system's turn, as a rule. They see nothing that
 * differs, so one pass of them serves all prompts. At least one token of each prompt is left over, and with one prompt
 * there is nothing to share.
 *
 * @param imageToken where a picture begins.
 */
export function sharedPrefix(prompts: readonly EncodedPrompt[], imageToken: number): number {
  const [first, ...others] = prompts;
  if (!first || others.length === 0) return 0;
  const most = Math.min(...prompts.map(({ ids }) => ids.length)) - 1;
  const same = (token: number) =>
    first.ids[token] !== imageToken &&
    others.every(
      ({ ids, positions }) =>
        ids[token] === first.ids[token] &&
        [0, 1, 2].every(
          (axis) => positions[axis * ids.length + token] === first.positions[axis * first.ids.length + token],
        ),
    );
  let shared = 0;
  while (shared < most && same(shared)) shared++;
  return shared;
}
