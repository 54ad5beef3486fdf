import { UserError } from '@cppo/run';
import { z } from 'zod';
import type { NotedSettings } from '../contract/settings.js';

/** Keys of other programs' are none of ours. */
const schema = z.object({
  template: z.string().min(1).optional(),
  maxTokens: z.int().positive().optional(),
  background: z.string().min(1).optional(),
  minPixels: z.int().positive().optional(),
  maxPixels: z.int().positive().optional(),
});

/** What a model was trained with; it travels with it as `cppo.json` in its directory. */
export type ModelNotes = z.output<typeof schema>;

/**
 * What a policy says that it was trained with; nothing of one of the user's own that says nothing.
 *
 * @throws UserError when cppo.json holds something else.
 */
export function readNotes(policy: unknown): ModelNotes {
  const parsed = schema.safeParse((policy as { notes?: unknown } | undefined)?.notes ?? {}, {
    reportInput: true,
  });
  if (parsed.success) return parsed.data;
  const { path, input, message } = parsed.error.issues[0]!;
  throw new UserError(
    `model: found ${JSON.stringify(input)} under "${path.join('.')}" in its cppo.json (${message}).`,
  );
}

/** What is to be noted of a model that a run has trained. */
export function notesOf({ data, rollout }: NotedSettings): ModelNotes {
  const { template, background, minPixels, maxPixels } = data;
  return {
    // A run of before leaves them open.
    ...(template !== 'auto' && { template }),
    maxTokens: rollout.maxTokens,
    ...(background !== 'auto' && { background }),
    ...(minPixels !== undefined && { minPixels }),
    ...(maxPixels !== undefined && { maxPixels }),
  };
}
