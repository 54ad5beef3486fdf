// How many numbers an update of a model changes, from the shapes of its published configuration.
import { parameterShapes, parseQwenConfig } from '@cppo/policy-qwen';
import { publishedConfig } from '../full-size/published-config.mjs';

/**
 * @param {string} size of tools/full-size, such as 3b.
 * @returns {{ all: number, adapters: (rank: number) => number }} numbers of all weights; of adapters in every linear layer of
 *   the decoder, r · (inputs + outputs) each.
 */
export function numbersTrained(size) {
  const shapes = [...parameterShapes(parseQwenConfig(publishedConfig(size)))];
  const product = (shape) => shape.reduce((a, b) => a * b, 1);
  const sides = shapes
    .filter(([name]) => !name.startsWith('visual.') && /\.[a-z]+_proj\.weight$/.test(name))
    .flatMap(([, shape]) => shape);
  return {
    all: shapes.reduce((sum, [, shape]) => sum + product(shape), 0),
    adapters: (rank) => rank * sides.reduce((a, b) => a + b, 0),
  };
}
