import type { Family } from './family.js';
import { qwen25VL } from './qwen2.5-vl.js';
import { qwen2VL } from './qwen2-vl.js';
import { qwen3VL } from './qwen3-vl.js';

/** The families that are supported. How they differ is a table in docs/families.md, which a test compares with these. */
export const families: readonly Family[] = [qwen2VL, qwen25VL, qwen3VL];

/**
 * The family of a configuration.
 *
 * @param modelType `model_type` of config.json.
 * @throws RangeError naming what was found and the families that there are.
 */
export function familyOf(modelType: unknown): Family {
  const family = families.find((family) => family.modelType === modelType);
  if (family) return family;
  const reason =
    typeof modelType === 'string' && modelType.endsWith('_moe')
      ? ', a mixture of experts, which is not supported'
      : '';
  throw new RangeError(
    `parseQwenConfig: model_type is ${JSON.stringify(modelType)}${reason}; expected ` +
      `${families.map(({ modelType, name }) => `${modelType} (${name})`).join(', ')}, dense models that take pictures and text.`,
  );
}
