import type { QwenConfig } from './config.js';
import { parsePreprocessorConfig } from './image/index.js';

/**
 * Checks that pictures are cut up as the vision tower takes them. What differs would be found out by the tower as a matrix of a
 * wrong shape, or not at all.
 *
 * @param preprocessor parsed `preprocessor_config.json`.
 * @param caller for the message.
 * @throws RangeError naming the first key that differs.
 */
export function requireSamePatches(
  preprocessor: Readonly<Record<string, unknown>>,
  { vision }: QwenConfig,
  caller: string,
): void {
  const { patchSize, mergeSize, temporalPatchSize } = parsePreprocessorConfig(preprocessor);
  const keys = [
    ['patch_size', 'patch_size', patchSize, vision.patchSize],
    ['merge_size', 'spatial_merge_size', mergeSize, vision.mergeSize],
    ['temporal_patch_size', 'temporal_patch_size', temporalPatchSize, vision.temporalPatchSize],
  ] as const;
  for (const [name, modelName, found, expected] of keys) {
    if (found === expected) continue;
    throw new RangeError(
      `${caller}: ${name} is ${found} in preprocessor_config.json and ${modelName} ${expected} in config.json; expected the same.`,
    );
  }
}
