import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';

export interface LearningRateOptions {
  /** Learning rate after warm-up. */
  readonly peak: number;
  /** `constant` stays, `linear` and `cosine` fall to `final` · peak at the last step. Default `constant`. */
  readonly schedule?: 'constant' | 'linear' | 'cosine';
  /** Steps of the run; needed by `linear` and `cosine`. */
  readonly steps?: number;
  /** Steps over which the rate rises from 0. Default 0. */
  readonly warmup?: number;
  /** Share of the peak that is left at the end. Default 0. */
  readonly final?: number;
}

const schema = z
  .strictObject({
    peak: z.number().min(0),
    schedule: z.enum(['constant', 'linear', 'cosine']).default('constant'),
    steps: z.int().positive().optional(),
    warmup: z.int().min(0).default(0),
    final: z.number().min(0).max(1).default(0),
  })
  .refine(({ schedule, steps }) => schedule === 'constant' || steps !== undefined, {
    message: 'linear and cosine need steps',
  })
  .refine(({ steps, warmup }) => steps === undefined || warmup <= steps, {
    message: 'warmup is longer than steps',
  });

/**
 * Makes a learning-rate schedule, equal to those of transformers with warm-up (LambdaLR).
 *
 *   step < warmup:  peak · step / warmup
 *   then            peak · (final + (1 − final)·f(p)),   p = (step − warmup) / (steps − warmup)
 *                   f = 1 (constant), 1 − p (linear), (1 + cos πp)/2 (cosine)
 *
 * @param options the peak, and the shape of the schedule in steps.
 * @returns a function of the number of steps already taken; past the last step it stays at the final rate.
 * @throws RangeError when an option is out of range.
 * @example
 * const rate = learningRate({ peak: 0.01, schedule: 'linear', steps: 10, warmup: 2 });
 * [0, 1, 2, 6, 10].map(rate); // [0, 0.005, 0.01, 0.005, 0]
 */
export function learningRate(options: LearningRateOptions): (step: number) => number {
  const { peak, schedule, steps, warmup, final } = parseOptions('learningRate', schema, options);
  return (step) => {
    if (step < warmup) return (peak * step) / warmup;
    if (schedule === 'constant' || steps === undefined) return peak;
    const progress = Math.min((step - warmup) / Math.max(steps - warmup, 1), 1);
    const left = schedule === 'linear' ? 1 - progress : (1 + Math.cos(Math.PI * progress)) / 2;
    return peak * (final + (1 - final) * left);
  };
}
