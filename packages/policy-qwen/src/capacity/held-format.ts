import { type WeightFormat, weightFormats } from '../formats.js';
import type { ParameterPlan } from '../model/choose-formats.js';

/**
 * The format by which people call a model: the narrowest that one of its weights is held in.
 *
 * @param parameters of a policy.
 */
export function narrowestFormat(
  parameters: ReadonlyMap<string, { readonly format: WeightFormat }>,
): WeightFormat {
  const held = new Set([...parameters.values()].map(({ format }) => format));
  return weightFormats.findLast((format) => held.has(format)) ?? 'float32';
}

/** The same of parameters before they are read: of frozen matrices, since all others are float32 always. */
export function plannedFormat(
  plans: readonly ParameterPlan[],
  weights: WeightFormat | undefined,
  packed: boolean,
): WeightFormat {
  const frozen = plans.filter(({ trained, shape }) => !trained && shape.length > 1);
  if (frozen.length === 0 || !packed) return 'float32';
  if (weights !== undefined) return weights;
  return weightFormats.findLast((format) => frozen.some(({ stored }) => stored === format)) ?? 'float32';
}
