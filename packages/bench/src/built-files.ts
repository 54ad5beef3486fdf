import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..');
const built = join(packageRoot, 'dist');
/** In the repository only. */
const peers = join(packageRoot, '..', '..', 'tools', 'peers');

/** Runs training steps on request. */
export const stepWorkerFile = join(built, 'speed', 'step-worker.js');

/** Runs TRL's in the same way. */
export const trlStepFile = join(peers, 'trl_step.py');

/** Makes one measurement of a model of full size. */
export const sizeWorkerFile = join(built, 'speed', 'size-worker.js');

/** Makes the same of torch, transformers and PEFT. */
export const sizePeerFile = join(peers, 'size.py');

/** Measures the perturbations of Pillow and torchvision. */
export const perturbPeerFile = join(peers, 'perturb.py');
