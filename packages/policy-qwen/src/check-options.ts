import { z } from 'zod';
import { QwenEncoder } from './encoder.js';

const text = z.string().optional();
const whole = z.int().min(0).optional();
const isFunction = z.custom((value) => typeof value === 'function', 'expected a function').optional();

const policyOptions = {
  trainable: z.boolean().optional(),
  trainVision: z.boolean().optional(),
  // LoraAdapters checks these.
  lora: z.unknown().optional(),
  checkpointing: z.enum(['none', 'layers', 'segments']).optional(),
  weights: z.enum(['float32', 'bfloat16', 'int8', 'nf4']).optional(),
  activations: z.enum(['float32', 'bfloat16']).optional(),
  cache: z.enum(['float32', 'bfloat16']).optional(),
  featureCache: whole,
};

const methods = {
  load: z.strictObject({
    ...policyOptions,
    encoder: z.custom((value) => value instanceof QwenEncoder, 'expected a QwenEncoder').optional(),
    ...{ adapter: text, cacheDirectory: text, token: text, hubUrl: text },
    ...{ onDownload: isFunction, onProgress: isFunction },
  }),
  fromConfig: z.strictObject({ ...policyOptions, files: z.unknown().optional() }),
};

/** @throws RangeError when an option of such a method is unknown or of another kind. */
export function checkOptions(method: keyof typeof methods, options: object): void {
  const parsed = methods[method].safeParse(options);
  if (parsed.success) return;
  const issue = parsed.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(methods[method].shape).join(', ');
    throw new RangeError(`QwenPolicy.${method}: there is no option "${issue.keys[0]}"; expected ${known}.`);
  }
  const key = String(issue.path[0]);
  const found = JSON.stringify((options as Record<string, unknown>)[key]);
  throw new RangeError(`QwenPolicy.${method}: ${key} is ${found}: ${issue.message}.`);
}
