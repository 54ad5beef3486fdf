import { describeIssue } from '@cppo/checked-options';
import type { z } from 'zod';
import { EngineError } from './engine-error.js';

/**
 * Reads what a server replied.
 *
 * @throws EngineError naming the first key that is not as expected.
 */
export function readReply<Schema extends z.ZodType>(
  what: string,
  schema: Schema,
  reply: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(reply, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new EngineError(describeIssue(parsed.error.issues[0]!, schema, new Map(), what).replace(/\.$/, ''));
}
