import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Whether a directory holds an adapter in PEFT's format. */
export function holdsAdapter(directory: string): boolean {
  return existsSync(join(directory, 'adapter_config.json'));
}
