import type { QwenConfig } from './config.js';
import {
  isQuantized,
  type ModelFiles,
  type QuantizedNames,
  quantizedNames,
  quantizedShape,
  type ReadProgress,
  readScales,
  type StoredTensor,
} from './files/index.js';
import type { WeightFormat } from './formats.js';
import { chooseFormats, type StorageOptions } from './model/choose-formats.js';
import { readParameter, readQuantized } from './model/read-weight.js';
import type { Parameter } from './model/weight.js';
import { parameterShapes, publishedName } from './parameters.js';

/** The model's parameters by published name. */
export type Parameters = ReadonlyMap<string, Parameter>;

/**
 * Reads all parameters of a model directory, one at a time, and checks that they are exactly those its
 * config asks for. Weights that bitsandbytes quantised to nf4 are taken as they are.
 *
 * @returns the parameters, and whether the head is the embedding. Where a checkpoint says so and yet holds an
 *   `lm_head.weight`, it is tied only if the two are equal, as in transformers 5.
 * @throws RangeError naming every kind of tensor that is missing, surplus or of another shape.
 */
export async function loadParameters(
  files: ModelFiles,
  config: QwenConfig,
  trainable: (name: string) => boolean,
  options: StorageOptions,
  onProgress?: (progress: ReadProgress) => void,
): Promise<{ parameters: Parameters; tied: boolean }> {
  const expected = new Map(parameterShapes(config));
  const extraHead = config.tied && [...files.tensorIndex.keys()].some((name) => publishedName(name) === HEAD);
  if (extraHead) expected.set(HEAD, expected.get(EMBEDDING) as readonly number[]);
  const quantized = quantizedNames(isQuantized(files.config) ? files.tensorIndex.keys() : []);
  const stored = checkTensors(files, expected, quantized);
  const tied = config.tied && (!extraHead || (await equalTensors(files, stored, EMBEDDING, HEAD)));
  if (tied) expected.delete(HEAD);

  const inFiles = storedFormats(files, expected.keys());
  const formats = chooseFormats(
    [...expected].map(([name, shape]) => ({
      ...{ name, shape, trained: trainable(name), stored: inFiles.get(name) ?? 'float32' },
    })),
    options,
  );
  const parameters = new Map<string, Parameter>();
  try {
    for await (const tensor of files.stored(onProgress)) {
      const name = publishedName(tensor.name);
      const shape = expected.get(name);
      const format = formats.get(name);
      if (!shape || !format) continue;
      const rounded = options.activations === 'bfloat16';
      const storage = { format, trainable: trainable(name), rounded };
      if (quantized.weights.has(tensor.name)) {
        const scales = await readScales(files, tensor.name, shape);
        parameters.set(name, await readQuantized({ name, shape }, tensor, scales, storage));
      } else {
        parameters.set(name, await readParameter(name, tensor, storage));
      }
    }
  } catch (error) {
    for (const parameter of parameters.values()) parameter.dispose();
    throw error;
  }
  return { parameters, tied };
}

/** How the files store each of these parameters, by published name; any other type counts as float32. */
export function storedFormats(files: ModelFiles, names: Iterable<string>): ReadonlyMap<string, WeightFormat> {
  const { weights } = quantizedNames(isQuantized(files.config) ? files.tensorIndex.keys() : []);
  const found = new Map<string, WeightFormat>();
  for (const [stored, { dtype }] of files.tensorIndex) {
    const narrow = weights.has(stored) ? 'nf4' : dtype === 'BF16' ? 'bfloat16' : 'float32';
    found.set(publishedName(stored), narrow);
  }
  return new Map([...names].map((name) => [name, found.get(name) ?? 'float32']));
}

const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';

/** @returns the name that each expected parameter is stored under. */
function checkTensors(
  files: ModelFiles,
  expected: ReadonlyMap<string, readonly number[]>,
  quantized: QuantizedNames,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [stored, { shape, file }] of files.tensorIndex) {
    if (quantized.companions.has(stored)) continue;
    const name = publishedName(stored);
    const published = expected.get(name);
    const wanted = published && quantized.weights.has(stored) ? quantizedShape(published) : published;
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
  return found;
}

/** Bytes that are compared at a time. */
const COMPARED = 2 ** 22;

/** Whether two tensors have the same type and the same bytes; a piece of each is held at a time. */
async function equalTensors(
  files: ModelFiles,
  stored: ReadonlyMap<string, string>,
  first: string,
  second: string,
): Promise<boolean> {
  const open = <T>(name: string, use: (tensor: StoredTensor) => Promise<T>) =>
    files.withTensor(stored.get(name) as string, use);
  return open(first, (a) =>
    open(second, async (b) => {
      if (a.dtype !== b.dtype) return false;
      for (let at = 0; at < a.end - a.begin; at += COMPARED) {
        const [left, right] = await Promise.all([a.piece(at, at + COMPARED), b.piece(at, at + COMPARED)]);
        if (left.some((byte, i) => byte !== right[i])) return false;
      }
      return true;
    }),
  );
}
