import type * as tf from '@tensorflow/tfjs-core';
import type { QwenConfig } from './config.js';
import type { LoadedTensor, ModelFiles, ReadProgress } from './files/index.js';
import { createVariable, type NamedParameter } from './model/variables.js';
import { parameterShapes, publishedName } from './parameters.js';

/** The model's parameters by published name. */
export type Parameters = Map<string, tf.Variable>;

/**
 * Reads all parameters of a model directory, one at a time, and checks that they are exactly those its
 * config asks for.
 *
 * @returns the variables, and whether the head is the embedding. Where a checkpoint says so and yet holds an
 *   `lm_head.weight`, it is tied only if the two are equal, as in transformers 5.
 * @throws RangeError naming every kind of tensor that is missing, surplus or of another shape.
 */
export async function loadParameters(
  files: ModelFiles,
  config: QwenConfig,
  trainable: (name: string) => boolean,
  onProgress?: (progress: ReadProgress) => void,
): Promise<{ parameters: Parameters; tied: boolean }> {
  const expected = new Map(parameterShapes(config));
  const extraHead = config.tied && [...files.tensorIndex.keys()].some((name) => publishedName(name) === HEAD);
  if (extraHead) expected.set(HEAD, expected.get(EMBEDDING) as readonly number[]);
  checkTensors(files, expected);

  const parameters: Parameters = new Map();
  let embedding: Float32Array | undefined;
  let head: Float32Array | undefined;
  try {
    for await (const tensor of files.tensors(onProgress)) {
      const name = publishedName(tensor.name);
      if (extraHead && name === EMBEDDING) embedding = tensor.data;
      if (extraHead && name === HEAD) head = tensor.data;
      parameters.set(name, createVariable(named(name, tensor), trainable(name)));
    }
  } catch (error) {
    for (const variable of parameters.values()) variable.dispose();
    throw error;
  }
  if (!embedding || !head) return { parameters, tied: config.tied };
  const tied = head.every((value, index) => value === embedding[index]);
  if (tied) {
    parameters.get(HEAD)?.dispose();
    parameters.delete(HEAD);
  }
  return { parameters, tied };
}

const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';

function named(name: string, { shape, data }: LoadedTensor): NamedParameter {
  return { name, shape, data };
}

function checkTensors(files: ModelFiles, expected: ReadonlyMap<string, readonly number[]>): void {
  const found = new Map<string, string>();
  for (const [stored, { shape, file }] of files.tensorIndex) {
    const name = publishedName(stored);
    const wanted = expected.get(name);
    if (!wanted) {
      throw new RangeError(`loadModel: ${file} holds tensor "${stored}", which the config has no place for.`);
    }
    if (shape.join() !== wanted.join()) {
      throw new RangeError(
        `loadModel: tensor "${stored}" in ${file} has shape [${shape.join(', ')}], expected [${wanted.join(', ')}] by the config.`,
      );
    }
    const other = found.get(name);
    if (other)
      throw new RangeError(
        `loadModel: "${other}" and "${stored}" are the same parameter, expected one of them.`,
      );
    found.set(name, stored);
  }
  const missing = [...expected.keys()].filter((name) => !found.has(name));
  if (missing.length > 0) {
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
    throw new RangeError(
      `loadModel: ${files.directory} has no tensor "${missing[0]}"${more}, which the config asks for.`,
    );
  }
}
