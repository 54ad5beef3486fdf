import type { AdapterConfig } from './adapter-config.js';
import { adapterConfigFile, adapterWeightsFile, parseAdapterConfig } from './adapter-config.js';
import { leftOutBy } from './adapter-targets.js';
import { adapterTensorName, parseAdapterTensorName } from './adapter-tensors.js';
import { isDirectory, listDirectory } from './disk.js';
import type { Folder } from './folder.js';
import { type JsonObject, readJson } from './json-files.js';
import type { TensorInfo } from './read-model-directory.js';
import { type LoadedTensor, type ReadProgress, readSafetensorsHeader, readTensors } from './read-tensors.js';

/** A LoRA adapter directory in PEFT's format. */
export interface AdapterFiles extends AdapterConfig {
  readonly directory: Folder;
  /** adapter_config.json. */
  readonly config: JsonObject;
  /** Every tensor by its stored name; `parseAdapterTensorName` reads it. */
  readonly tensorIndex: ReadonlyMap<string, TensorInfo>;
  /** Streams every tensor as float32. */
  tensors(onProgress?: (progress: ReadProgress) => void): AsyncIterable<LoadedTensor>;
}

/**
 * Opens a LoRA adapter saved by PEFT: adapter_config.json and adapter_model.safetensors.
 *
 * @throws RangeError naming the key or tensor that is missing, malformed or not supported, and for a
 *   factor without its other half or with another rank than configured.
 */
export async function readAdapterDirectory(directory: Folder): Promise<AdapterFiles> {
  if (!(await isDirectory(directory))) {
    throw new RangeError(`readAdapterDirectory: ${directory} is not a directory.`);
  }
  const config = await readJson(directory, adapterConfigFile);
  const parsed = parseAdapterConfig(config);
  await requireSafetensors(directory);
  const file = await readSafetensorsHeader(directory, adapterWeightsFile);
  const tensorIndex = new Map(
    file.entries.map(({ name, shape, dtype }) => [name, { shape, dtype, file: adapterWeightsFile }] as const),
  );
  checkFactors(tensorIndex, parsed);
  return {
    ...parsed,
    directory,
    config,
    tensorIndex,
    tensors: (onProgress) => readTensors(directory, [file], onProgress),
  };
}

async function requireSafetensors(directory: Folder): Promise<void> {
  const present = await listDirectory(directory);
  if (present.includes(adapterWeightsFile)) return;
  const pickled = present.includes('adapter_model.bin');
  throw new RangeError(
    `readAdapterDirectory: ${directory} has no ${adapterWeightsFile}${
      pickled ? ', only adapter_model.bin; load it in PEFT and save it again with safe_serialization' : ''
    }.`,
  );
}

function checkFactors(tensors: ReadonlyMap<string, TensorInfo>, { rank, targets }: AdapterConfig): void {
  const seen = new Map<string, string>();
  for (const [name, { shape }] of tensors) {
    const parsed = parseAdapterTensorName(name);
    if (!parsed) {
      throw new RangeError(
        `readAdapterDirectory: ${adapterWeightsFile} holds "${name}"; expected names of the form base_model.model.<module>.lora_A.weight or lora_B.`,
      );
    }
    if (shape.length > 2) {
      throw new RangeError(
        `readAdapterDirectory: "${name}" in ${adapterWeightsFile} has shape [${shape.join(', ')}], that of an adapter of a ` +
          'convolution; expected adapters of linear layers, with target_modules that leave patch_embed.proj out.',
      );
    }
    if (shape.length !== 2 || shape[parsed.factor === 'A' ? 0 : 1] !== rank) {
      throw new RangeError(
        `readAdapterDirectory: "${name}" in ${adapterWeightsFile} has shape [${shape.join(', ')}]; expected ${parsed.factor === 'A' ? `[${rank}, in]` : `[out, ${rank}]`}, since r is ${rank}.`,
      );
    }
    const key = leftOutBy(targets, spellings(name, parsed.module));
    if (key !== undefined) {
      throw new RangeError(
        `readAdapterDirectory: ${adapterWeightsFile} holds "${name}", which "${key}" in ${adapterConfigFile} leaves out ` +
          '(PEFT would drop it); expected a configuration that fits the tensors.',
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

/** What the layer of a factor is called where it is stored, in published checkpoints, and in memory by transformers ≥ 4.52. */
function spellings(stored: string, published: string): string[] {
  const module = (name: string) =>
    name.replace(/^base_model\.model\./, '').replace(/\.lora_[AB]\.weight$/, '');
  return [module(stored), published, module(adapterTensorName(published, 'A'))];
}
