import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where a model is: `tiny` is the one that comes with this package; anything else is a directory or a hub id. */
export function modelSource(model: string): string {
  if (model !== 'tiny' || existsSync(model)) return model;
  return join(dirname(fileURLToPath(import.meta.url)), '..', 'models', 'tiny');
}
