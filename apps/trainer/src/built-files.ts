import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of this package. */
export const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..');
const built = join(packageRoot, 'dist');

/** Runs training steps when it is told to. */
export const stepWorkerFile = join(built, 'speed', 'step-worker.js');

/** Runs TRL's in the same way; in the repository only. */
export const trlStepFile = join(built, '..', '..', '..', 'tools', 'peers', 'trl_step.py');

/** Makes one measurement of a model of full size. */
export const sizeWorkerFile = join(built, 'speed', 'size-worker.js');

/** Makes the same of torch, transformers and PEFT; in the repository only. */
export const sizePeerFile = join(built, '..', '..', '..', 'tools', 'peers', 'size.py');

/** The script that teaches a shell to complete `cppo`. */
export const completionScript = (shell: string): string => join(packageRoot, 'completions', `cppo.${shell}`);
