import type { QwenPolicy } from '@cppo/policy-qwen';
import { type WeightFormat, weightFormats } from './config/arithmetic.js';

/** The narrowest format that a loaded model holds a weight in. */
export function weightsOf({ parameters }: Pick<QwenPolicy, 'parameters'>): WeightFormat {
  const held = new Set([...parameters.values()].map(({ format }) => format));
  return [...weightFormats].reverse().find((format) => held.has(format)) ?? 'float32';
}
