import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainedPolicy } from './components/index.js';
import type { Config } from './config/schema.js';

/** Whether adapters are trained: the policy knows, and only of one that does not say is it guessed from what was asked for. */
export function isAdapted(policy: TrainedPolicy, { lora }: Pick<Config, 'lora'>): boolean {
  return 'adapters' in policy ? policy.adapters !== undefined : lora !== null;
}

/** Whether a directory holds an adapter in PEFT's format. */
export function holdsAdapter(directory: string): boolean {
  return existsSync(join(directory, 'adapter_config.json'));
}
