import type { WeightFormat } from '../formats.js';
import { chooseFormat, type ParameterPlan } from './choose-formats.js';
import { variableShape } from './variables.js';

/**
 * Bytes that parameters take in memory, to the last one: as `QwenPolicy` would hold them.
 *
 * @param weights the option of that name.
 * @param packed  whether the engine multiplies weights other than float32; see `hasPackedKernels`.
 */
export function weightBytes(
  parameters: Iterable<ParameterPlan>,
  weights: WeightFormat | undefined,
  packed: boolean,
): number {
  let bytes = 0;
  for (const parameter of parameters) {
    const shape = variableShape(parameter.name, parameter.shape);
    bytes += bytesOf(shape, chooseFormat(parameter, weights, packed));
  }
  return bytes;
}

/** Words of 32 bits and scales; see the formats of `pack`. */
function bytesOf(shape: readonly number[], format: WeightFormat): number {
  const numbers = shape.reduce((product, side) => product * side, 1);
  if (format === 'float32') return 4 * numbers;
  if (format === 'nf4') return 4 * (Math.ceil(numbers / 8) + Math.ceil(numbers / 64));
  const [rows = 1, columns = 1] = shape;
  if (format === 'bfloat16') return 4 * rows * Math.ceil(columns / 2);
  return 4 * rows * (Math.ceil(columns / 4) + 1);
}
