import { z } from 'zod';
import { parseAdapterTensorName } from './adapter-tensors.js';
import { isDirectory } from './disk.js';
import { type JsonObject, readJson } from './json-files.js';
import type { TensorInfo } from './read-model-directory.js';
import { type LoadedTensor, type ReadProgress, readSafetensorsHeader, readTensors } from './read-tensors.js';

/** Names of the two files of a PEFT adapter. */
export const adapterConfigFile = 'adapter_config.json';
export const adapterWeightsFile = 'adapter_model.safetensors';

/** A LoRA adapter directory in PEFT's format. */
export interface AdapterFiles {
  readonly directory: string;
  /** adapter_config.json. */
  readonly config: JsonObject;
  readonly rank: number;
  /** Updates are scaled by alpha / rank, or alpha / √rank when `rankStabilized`. */
  readonly alpha: number;
  readonly rankStabilized: boolean;
  readonly dropout: number;
  /** Model that it was trained on, as its author named it. */
  readonly baseModel: string | undefined;
  /** Every tensor by its stored name; `parseAdapterTensorName` reads it. */
  readonly tensorIndex: ReadonlyMap<string, TensorInfo>;
  /** Streams every tensor as float32. */
  tensors(onProgress?: (progress: ReadProgress) => void): AsyncIterable<LoadedTensor>;
}

const absent = (meaning: string) =>
  z
    .unknown()
    .refine(
      (value) =>
        value === undefined ||
        value === null ||
        value === false ||
        (typeof value === 'object' && Object.keys(value).length === 0),
      `${meaning} is not supported`,
    )
    .optional();

const schema = z.looseObject({
  peft_type: z.literal('LORA'),
  r: z.int().positive(),
  lora_alpha: z.number(),
  lora_dropout: z.number().min(0).max(1).default(0),
  use_rslora: z.boolean().default(false),
  base_model_name_or_path: z.string().nullish(),
  bias: z.literal('none', 'training biases is not supported').default('none'),
  use_dora: absent('DoRA'),
  fan_in_fan_out: absent('a transposed weight'),
  rank_pattern: absent('a rank of its own for some modules'),
  alpha_pattern: absent('an alpha of its own for some modules'),
  modules_to_save: absent('training whole modules beside the adapter'),
  layer_replication: absent('repeating layers'),
});

/**
 * Opens a LoRA adapter saved by PEFT: adapter_config.json and adapter_model.safetensors.
 *
 * @throws RangeError naming the key or tensor that is missing, malformed or not supported, and for a
 *   factor without its other half or with another rank than configured.
 */
export async function readAdapterDirectory(directory: string): Promise<AdapterFiles> {
  if (!(await isDirectory(directory))) {
    throw new RangeError(`readAdapterDirectory: ${directory} is not a directory.`);
  }
  const config = await readJson(directory, adapterConfigFile);
  const parsed = schema.safeParse(config);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new RangeError(
      `readAdapterDirectory: "${path.join('.')}" in ${adapterConfigFile} is ${JSON.stringify(config[String(path[0])])}: ${message}.`,
    );
  }
  const { r, lora_alpha, lora_dropout, use_rslora, base_model_name_or_path } = parsed.data;
  const file = await readSafetensorsHeader(directory, adapterWeightsFile);
  const tensorIndex = new Map(
    file.entries.map(({ name, shape, dtype }) => [name, { shape, dtype, file: adapterWeightsFile }] as const),
  );
  checkFactors(tensorIndex, r);
  return {
    directory,
    config,
    rank: r,
    alpha: lora_alpha,
    rankStabilized: use_rslora,
    dropout: lora_dropout,
    baseModel: base_model_name_or_path ?? undefined,
    tensorIndex,
    tensors: (onProgress) => readTensors(directory, [file], onProgress),
  };
}

function checkFactors(tensors: ReadonlyMap<string, TensorInfo>, rank: number): void {
  const seen = new Map<string, string>();
  for (const [name, { shape }] of tensors) {
    const parsed = parseAdapterTensorName(name);
    if (!parsed) {
      throw new RangeError(
        `readAdapterDirectory: ${adapterWeightsFile} holds "${name}"; expected names of the form base_model.model.<module>.lora_A.weight or lora_B.`,
      );
    }
    if (shape.length !== 2 || shape[parsed.factor === 'A' ? 0 : 1] !== rank) {
      throw new RangeError(
        `readAdapterDirectory: "${name}" in ${adapterWeightsFile} has shape [${shape.join(', ')}]; expected ${parsed.factor === 'A' ? `[${rank}, in]` : `[out, ${rank}]`}, since r is ${rank}.`,
      );
    }
    seen.set(parsed.module + parsed.factor, name);
  }
  for (const [key, name] of seen) {
    const other = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A');
    if (!seen.has(other)) {
      throw new RangeError(
        `readAdapterDirectory: ${adapterWeightsFile} holds "${name}" but not its lora_${other.at(-1)}.`,
      );
    }
  }
}
