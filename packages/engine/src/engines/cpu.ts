import { cpus, totalmem } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { registerPackedReference } from '../packed/reference.js';
import type { Engine } from './engine.js';

/** Plain JavaScript: slow, for checks. The package that brings the gradients brings it too. */
export async function startCpu(): Promise<Engine> {
  await tf.setBackend('cpu');
  registerPackedReference();
  // The backend would greet its first tensor with an advertisement.
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
  return {
    name: 'cpu',
    devices: [cpus()[0]?.model ?? 'processor'],
    threads: 1,
    memoryLimit: totalmem(),
    description: 'plain JavaScript, for checks',
  };
}
