import { UserError } from '@cppo/run/errors';
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
 * Reads the settings a policy was trained with; empty for a custom policy without notes.
 *
 * @param policy any policy.
 * @returns its notes.
 * @throws UserError when its cppo.json is malformed.
 * @example
 * readNotes({ notes: { template: 'cppo', maxTokens: 32 } }); // { template: 'cppo', maxTokens: 32 }
 * readNotes({}); // {}
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

/**
 * Collects the notes that a trained model keeps.
 *
 * @param settings of data and sampling.
 * @returns the content of `cppo.json`.
 * @example
 * const data = { template: 'cppo', background: 'white' };
 * notesOf({ data, rollout: { maxTokens: 32 } }); // { template: 'cppo', maxTokens: 32, background: 'white' }
 */
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
