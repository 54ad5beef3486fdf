import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of this package. */
export const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The script that teaches a shell to complete `cppo`. */
export const completionScript = (shell: string): string => join(packageRoot, 'completions', `cppo.${shell}`);
