import { z } from 'zod';
import { editDistance } from './edit-distance.js';
import { type Random, uniform } from './random.js';

/** A fixed value, or [minimum, maximum] between which each draw is uniform. */
export type Range = number | readonly [minimum: number, maximum: number];

/** Schema of a `Range` whose values stay within [minimum, maximum]. */
export function rangeWithin(minimum: number, maximum: number) {
  const value = z.number().min(minimum).max(maximum);
  return z.union([
    value,
    z
      .tuple([value, value])
      .refine(([low, high]) => low <= high, 'expected [minimum, maximum] with minimum ≤ maximum')
      .readonly(),
  ]);
}

export function draw(random: Random, range: Range): number {
  return typeof range === 'number' ? range : uniform(random, range[0], range[1]);
}

/**
 * Options with their defaults filled in.
 *
 * @throws TypeError in one sentence, naming the caller and the option.
 */
export function parseOptions<Schema extends z.ZodType>(
  caller: string,
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0 && schema instanceof z.ZodObject) {
    throw new TypeError(`${caller}: ${unknownOption(issue.keys[0]!, Object.keys(schema.shape))}.`);
  }
  const where = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  throw new TypeError(`${caller}: ${where}${issue.message} (options given: ${JSON.stringify(options)}).`);
}

function unknownOption(option: string, known: readonly string[]): string {
  if (known.length === 0) return `it has no option ${option}, and no other`;
  const nearest = known.reduce((best, name) =>
    editDistance(option, name) < editDistance(option, best) ? name : best,
  );
  return `it has no option ${option}; the nearest is ${nearest} (known: ${known.join(', ')})`;
}
