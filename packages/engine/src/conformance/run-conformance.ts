import { requireNames } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';
import { conformanceCases } from './cases.js';
import type { ConformanceCase } from './conformance-case.js';
import type { Array64 } from './float64.js';
import { sizeOf } from './float64.js';
import { findSwappedOperands } from './swapped-operands.js';

export interface ConformanceResult {
  readonly kernel: string;
  readonly detail: string;
  readonly part: 'forward' | 'gradient';
  /** `absent` where the engine has no such kernel and does not need it. */
  readonly state: 'passed' | 'failed' | 'absent';
  /** Largest difference from float64, relative to the largest number. */
  readonly error: number;
  /** Why it failed, where that is not the error. */
  readonly reason?: string;
}

export interface ConformanceOptions {
  /** Largest relative difference allowed. Default 1e-5; engines that multiply in bf16 need 2e-2. */
  readonly tolerance?: number;
}

/**
 * Runs every kernel that the model uses on the current engine, forward and gradient, against float64.
 * References of gradients are central differences of the float64 computation. Numbers are read asynchronously,
 * since WebGPU cannot do otherwise under Node.
 */
export async function runConformance(options: ConformanceOptions = {}): Promise<ConformanceResult[]> {
  requireNames('runConformance', options, { tolerance: true });
  const { tolerance = 1e-5 } = options;
  const results: ConformanceResult[] = [];
  const failed = new Set<string>();
  for (const [index, example] of conformanceCases().entries()) {
    const { kernel } = example;
    for (const result of await runCase(example, index + 1, tolerance, !failed.has(kernel))) {
      results.push(result);
      if (result.state === 'failed') failed.add(kernel);
    }
  }
  return results;
}

/** Runs one case. @param explain whether to look for operands that were swapped where it fails. */
export async function runCase(
  example: ConformanceCase,
  seed: number,
  tolerance: number,
  explain: boolean,
): Promise<ConformanceResult[]> {
  const { kernel, detail, differentiable = true } = example;
  const allowed = Math.max(tolerance, example.tolerance ?? 0);
  const parts = differentiable ? (['forward', 'gradient'] as const) : (['forward'] as const);
  const absent = example.requires?.some((name) => !tf.getKernel(name, tf.getBackend()));
  const inputs = example.shapes.map((shape, i) => madeUp(shape, seed * 31 + i, example.domain));
  const results: ConformanceResult[] = [];
  for (const part of parts) {
    const about = { kernel, detail, part };
    if (absent) {
      results.push({ ...about, state: 'absent', error: 0 });
      continue;
    }
    const tensors = tf.memory().numTensors;
    try {
      const compare = () => (part === 'forward' ? compareForward : compareGradient)(example, inputs);
      const error = await compare();
      const leaked = tf.memory().numTensors - tensors;
      if (leaked !== 0) {
        results.push({ ...about, state: 'failed', error, reason: `${leaked} tensors are left` });
      } else if (error <= allowed) results.push({ ...about, state: 'passed', error });
      else {
        const isRight = async () => (await compare()) <= allowed;
        const reason = explain && (await findSwappedOperands(kernelsOf(example), isRight));
        results.push({ ...about, state: 'failed', error, ...(reason && { reason }) });
      }
    } catch (problem) {
      const reason = (problem as Error).message;
      results.push({ ...about, state: 'failed', error: Number.NaN, reason });
    }
  }
  return results;
}

/** The kernels that may take part in a case, and in its gradient. */
function kernelsOf({ kernel, requires = [kernel] }: ConformanceCase): string[] {
  return requires.flatMap((name) => [name, `${name}Gradient`, `Cppo${name}Gradient`]);
}

/** Shape and numbers of a tensor, which is then gone. */
async function read(x: tf.Tensor): Promise<Array64> {
  try {
    return { shape: x.shape, data: Float64Array.from(await x.data()) };
  } finally {
    x.dispose();
  }
}

async function compareForward(example: ConformanceCase, inputs: Array64[]): Promise<number> {
  const actual = await read(tf.tidy(() => example.run(inputs.map(toTensor))));
  return difference(actual, example.reference(inputs));
}

async function compareGradient(example: ConformanceCase, inputs: Array64[]): Promise<number> {
  const expected = example.reference(inputs);
  const weights = madeUp(expected.shape, 977, undefined);
  const weighted = (inputs: Array64[]) =>
    example.reference(inputs).data.reduce((sum, value, i) => sum + value * weights.data[i]!, 0);
  const gradients = tf.tidy(() =>
    tf.grads((...tensors: tf.Tensor[]) => {
      return tf.sum(tf.mul(example.run(tensors), toTensor(weights))) as tf.Scalar;
    })(inputs.map(toTensor)),
  );
  const slopes = await Promise.all(gradients.map(read));
  const errors = inputs.map((_, which) => gradientError(weighted, inputs, which, slopes[which]!));
  return Math.max(...errors);
}

/** Errors are relative to the largest number, or to this where all are smaller (a gradient of 0, say). */
const SMALLEST_SCALE = 1e-3;

/** Up to so many numbers, each one's slope is checked; beyond, slopes in some random directions. */
const FEW = 40;
const DIRECTIONS = 6;

/** Compares slopes of `of` with respect to one input, by central differences, with a gradient. */
function gradientError(
  of: (inputs: Array64[]) => number,
  inputs: Array64[],
  which: number,
  gradient: Array64,
): number {
  const { shape, data } = inputs[which]!;
  if (!tf.util.arraysEqual([...gradient.shape], [...shape])) {
    throw new RangeError(`the gradient has shape [${gradient.shape}]; expected [${shape}]`);
  }
  const slopes = gradient.data;
  const unit = (i: number) => Float64Array.from(data, (_, j) => (i === j ? 1 : 0));
  const directions =
    data.length <= FEW
      ? Array.from(data, (_, i) => unit(i))
      : Array.from({ length: DIRECTIONS }, (_, i) => madeUp(shape, 31 + i, undefined).data);
  const step = 1e-6;
  const at = (direction: Float64Array, step: number) => {
    const moved = { shape, data: data.map((value, i) => value + step * direction[i]!) };
    return of(inputs.map((x, i) => (i === which ? moved : x)));
  };
  let error = 0;
  let scale = SMALLEST_SCALE;
  for (const direction of directions) {
    const expected = (at(direction, step) - at(direction, -step)) / (2 * step);
    const terms = direction.map((value, i) => value * slopes[i]!);
    const difference = Math.abs(terms.reduce((sum, term) => sum + term, 0) - expected);
    if (!(difference <= error)) error = difference;
    scale = terms.reduce((sum, term) => Math.max(sum, Math.abs(term)), Math.max(scale, Math.abs(expected)));
  }
  return error / scale;
}

function difference(actual: Array64, expected: Array64): number {
  if (!tf.util.arraysEqual([...actual.shape], [...expected.shape])) {
    throw new RangeError(`the result has shape [${actual.shape}]; expected [${expected.shape}]`);
  }
  const scale = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), SMALLEST_SCALE);
  const values = actual.data;
  return expected.data.reduce((most, value, i) => {
    const error = Math.abs(values[i]! - value) / scale;
    return Number.isNaN(error) || error > most ? error : most;
  }, 0);
}

/** Float32 numbers between −1 and 1. */
function madeUp(
  shape: readonly number[],
  seed: number,
  domain: ((value: number) => number) | undefined,
): Array64 {
  let state = Math.imul(seed, 2654435761) >>> 0;
  const data = Float64Array.from({ length: sizeOf(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = state / 2 ** 31 - 1;
    return Math.fround(domain ? domain(value) : value);
  });
  return { shape, data };
}

function toTensor(x: Array64): tf.Tensor {
  return tf.tensor(Float32Array.from(x.data), [...x.shape]);
}
