import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whether a directory holds an adapter in PEFT's format.
 *
 * @param directory of a model.
 * @returns true where its adapter_config.json is there.
 */
export function holdsAdapter(directory: string): boolean {
  return existsSync(join(directory, 'adapter_config.json'));
}
