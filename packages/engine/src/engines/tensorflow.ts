import { availableParallelism, cpus, totalmem } from 'node:os';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { buildCommand } from '../native/build-command.js';
import { type Engine, type EngineOptions, EngineUnavailableError } from './engine.js';
import { processorFeatures } from './processor-features.js';
import { turnProductsOfFewRows } from './tensorflow-few-rows.js';
import { registerTensorFlowKernels } from './tensorflow-kernels.js';
import { handOverLargeArrays } from './tensorflow-memory.js';

type TensorFlowName = 'tensorflow' | 'tensorflow-gpu';

const packages = {
  tensorflow: '@tensorflow/tfjs-node',
  'tensorflow-gpu': '@tensorflow/tfjs-node-gpu',
} as const;

/** Whether there are kernels of our own; asked once. */
let prepared: Promise<boolean> | undefined;

/** TensorFlow's C++ library through tfjs-node, on the processor or on CUDA. */
export async function startTensorFlow(name: TensorFlowName, options: EngineOptions): Promise<Engine> {
  // Only one of the two packages can be in a process. The one for CUDA computes on the processor too.
  if (!('tensorflow' in tf.engine().registryFactory)) await load(name, options);
  await tf.setBackend('tensorflow');
  const backend = tf.backend() as unknown as { isUsingGpuDevice: boolean };
  const cuda = backend.isUsingGpuDevice;
  if (name === 'tensorflow-gpu' && !cuda) {
    throw new EngineUnavailableError(
      name,
      'TensorFlow finds no CUDA device',
      'check the driver with nvidia-smi',
    );
  }
  prepared ??= prepare(cuda);
  const ownKernels = await prepared;
  // What the library was loaded with, here or before: it reads its settings once.
  const threads = Number(process.env.TF_NUM_INTRAOP_THREADS) || availableParallelism();
  const asked = process.env.TF_SET_ONEDNN_FPMATH_MODE === 'BF16';
  const able =
    asked && (await processorFeatures()).some((name) => /^(avx512_bf16|amx_bf16|bf16)$/.test(name));
  const precision = asked ? (able ? ', products in bfloat16' : ', float32 for want of bfloat16') : '';
  return {
    name,
    devices: cuda ? ['CUDA device'] : [cpus()[0]?.model ?? 'processor'],
    threads: cuda ? 0 : threads,
    memoryLimit: totalmem(),
    description: cuda
      ? 'TensorFlow on CUDA'
      : `TensorFlow on the processor, ${threads} thread${threads === 1 ? '' : 's'}${precision}${ownKernels ? '' : ', without kernels of our own'}`,
    ...(cuda || ownKernels ? {} : { remedy: buildCommand() }),
  };
}

async function prepare(cuda: boolean): Promise<boolean> {
  handOverLargeArrays();
  if (cuda) return false;
  turnProductsOfFewRows();
  return registerTensorFlowKernels();
}

/** All settings are read when the library loads, so they come first. */
async function load(name: TensorFlowName, { threads, bfloat16 }: EngineOptions): Promise<void> {
  const { env } = process;
  env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  if (threads !== undefined) env.TF_NUM_INTRAOP_THREADS = `${threads}`;
  if (bfloat16) env.TF_SET_ONEDNN_FPMATH_MODE = 'BF16';
  // Otherwise it takes all of the card's memory at once.
  env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  defineForgotten();
  const { warn } = console;
  // Its backends are registered next to those that are there, which it announces once each.
  console.warn = () => {};
  try {
    await import(packages[name]);
  } catch (problem) {
    const { code, message } = problem as Error & { code?: string };
    const missing =
      code === 'ERR_MODULE_NOT_FOUND' ||
      code === 'MODULE_NOT_FOUND' ||
      // What Vite puts in the place of an optional peer that is not there.
      message.startsWith(`Could not resolve "${packages[name]}"`);
    const [firstLine] = message.split('\n');
    throw new EngineUnavailableError(
      name,
      missing ? `${packages[name]} is not installed` : firstLine!.trim().replace(/\.$/, ''),
      `${buildCommand()}${name === 'tensorflow-gpu' ? ', with a Python environment that has tensorflow[and-cuda]' : ''}`,
    );
  } finally {
    console.warn = warn;
  }
}

/** tfjs-node 4.22 calls two functions that Node 23 dropped. */
function defineForgotten(): void {
  const forgotten = util as unknown as Record<string, unknown>;
  forgotten.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  forgotten.isArray ??= Array.isArray;
}
