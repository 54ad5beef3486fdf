import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The configuration that a directory keeps. A run's config.json says what a run does, a model's how it is built.
 *
 * @param directory of a run, or any other.
 * @returns the keys as they are stored; undefined where it is no run's directory.
 * @example
 * writeFileSync(join(folder, 'config.json'), '{"objective":{"type":"cppo"},"rollout":{"prompts":2}}');
 * configOfRun(folder); // { objective: { type: 'cppo' }, rollout: { prompts: 2 } }
 */
export function configOfRun(directory: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const config: unknown = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'));
    if (typeof config !== 'object' || config === null) return undefined;
    return 'objective' in config && 'rollout' in config ? { ...config } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The run whose trained model, or model of a checkpoint, a directory is.
 *
 * @param model directory of the model.
 * @returns directory and configuration of the run; undefined where the model belongs to none.
 * @example
 * writeFileSync(join(folder, 'config.json'), '{"objective":{"type":"cppo"},"rollout":{"prompts":2}}');
 * runAround(join(folder, 'model')).directory === folder; // true
 */
export function runAround(
  model: string,
): { readonly directory: string; readonly config: Readonly<Record<string, unknown>> } | undefined {
  for (const above of ['..', join('..', '..', '..')]) {
    const directory = join(model, above);
    const config = configOfRun(directory);
    if (config !== undefined) return { directory, config };
  }
  return undefined;
}
