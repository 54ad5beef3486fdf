import { z } from 'zod';

/**
 * Options of the combinators in a configuration, generic in how a perturbation is written: as a name or options here,
 * also as a module in a program that loads some.
 */
export const combinationOptions = {
  oneOf: several,
  compose: several,
  /** `of` with a probability. */
  sometimes: <Part extends z.ZodType>(part: Part) =>
    z.strictObject({ probability: z.number().min(0).max(1), of: part }),
} as const;

function several<Part extends z.ZodType>(part: Part) {
  return z.strictObject({ of: z.array(part).min(1) });
}
