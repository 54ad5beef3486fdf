import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { QwenEncoder } from './encoder.js';

const text = z.string().optional();
const notes = z.record(z.string(), z.unknown()).optional();
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
    // Opening the source checks this.
    adapter: z.unknown().optional(),
    ...{ cacheDirectory: text, token: text, hubUrl: text },
    ...{ onDownload: isFunction, onProgress: isFunction, onNotice: isFunction },
  }),
  fromConfig: z.strictObject({ ...policyOptions, files: z.unknown().optional() }),
  save: z.strictObject({
    dtype: z.enum(['bfloat16', 'float32']).optional(),
    overwrite: z.boolean().optional(),
    maxShardBytes: z.number().positive().optional(),
    notes,
  }),
  saveAdapters: z.strictObject({ baseModel: text, overwrite: z.boolean().optional(), notes }),
};

/** @throws RangeError when an option of such a method is unknown or of another kind. */
export function checkOptions(method: keyof typeof methods, options: object): void {
  parseOptions(`QwenPolicy.${method}`, methods[method], options);
}
