import * as tf from '@tensorflow/tfjs-core';
import type { QwenConfig } from '../config.js';
import { parameterShapes } from '../parameters.js';

/**
 * How random weights are drawn: `transformers` as its initialiser does, N(0, initializer_range) everywhere;
 * `fan-in` N(0, 1/√fan-in) for matrices and N(0, 0.1) for embeddings, from which tiny models learn to see.
 * Biases 0 and norms 1 in both.
 */
export type RandomInit = 'transformers' | 'fan-in';

/** The shape a parameter has in memory: as published, but the patch embedding as a matrix. */
export function variableShape(name: string, shape: readonly number[]): number[] {
  if (name !== 'visual.patch_embed.proj.weight') return [...shape];
  return [shape[0] as number, shape.slice(1).reduce((product, size) => product * size, 1)];
}

/** Random weights for every parameter, from a seed. */
export function* randomParameters(
  config: QwenConfig,
  seed: number,
  init: RandomInit,
): Generator<NamedParameter> {
  const normal = normalGenerator(seed);
  for (const [name, shape] of parameterShapes(config)) {
    const size = shape.reduce((product, length) => product * length, 1);
    const data = new Float32Array(size);
    if (shape.length === 1) {
      if (name.endsWith('weight')) data.fill(1);
    } else {
      const deviation = standardDeviation(name, size / (shape[0] as number), config, init);
      for (let index = 0; index < size; index++) data[index] = normal() * deviation;
    }
    yield { name, shape, data };
  }
}

/** One parameter under its published name and in its published shape. */
export interface NamedParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A variable that holds one parameter; named after it, so that optimisers can save their state by name. */
export function createVariable({ name, shape, data }: NamedParameter, trainable: boolean): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(data, variableShape(name, shape)), trainable, freeName(name)));
}

/** TensorFlow.js knows variables by name, and two policies have the same names: the second gets a suffix. */
export function freeName(name: string): string {
  const taken = tf.engine().registeredVariables;
  let free = name;
  for (let copy = 2; free in taken; copy++) free = `${name}#${copy}`;
  return free;
}

const embeddings = new Set(['model.embed_tokens.weight', 'lm_head.weight', 'visual.pos_embed.weight']);

function standardDeviation(name: string, fanIn: number, config: QwenConfig, init: RandomInit): number {
  if (init === 'transformers') return config.text.initializerRange;
  return embeddings.has(name) ? 0.1 : 1 / Math.sqrt(fanIn);
}

/** Standard normal numbers from a seed: mulberry32 and the Box–Muller transform. */
function normalGenerator(seed: number): () => number {
  let state = seed | 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
