import { companionFiles } from './companion-files.js';
import { type DirectoryDraft, isDirectory, listDirectory, writeDirectory, writeIntoSink } from './disk.js';
import type { FileSink } from './file-sink.js';
import type { JsonObject } from './json-files.js';
import { planShards, shardIndexFile } from './shard-plan.js';
import { type TensorToWrite, type WeightType, writeSafetensors } from './write-tensors.js';

/** How far writing has come, after each tensor. */
export interface WriteProgress {
  readonly name: string;
  readonly tensorsWritten: number;
  readonly tensorsTotal: number;
}

/** A model to be written. */
export interface ModelToWrite {
  /** config.json; its `dtype` or `torch_dtype` is set to what is written. */
  readonly config: JsonObject;
  readonly tensors: Iterable<TensorToWrite>;
  readonly dtype: WeightType;
  /** Most bytes of tensors in one file. Default 5·10⁹. */
  readonly maxShardBytes?: number;
  /**
   * A model directory whose tokenizer, processor, template and generation files are copied byte for byte; or the directory
   * that each of them is copied from, by its name.
   */
  readonly copyFrom?: string | ReadonlyMap<string, string>;
  /** Further files by name, before those of `copyFrom`; objects are written as JSON. */
  readonly files?: Readonly<Record<string, string | Uint8Array | JsonObject>>;
  /** Replace a model that is already there; into a directory only. Default false. */
  readonly overwrite?: boolean;
  readonly onProgress?: (progress: WriteProgress) => void;
}

/**
 * Writes a model in the layout of Hugging Face: config.json, one `model.safetensors` or numbered shards
 * with their index, and the files passed through. Everything is written under a temporary name beside
 * the destination, which is renamed when complete; into a sink, one file after the other.
 * bfloat16 is rounded to nearest, ties to even.
 *
 * @throws RangeError when the directory holds files already (unless `overwrite` and it is a model), a tensor
 *   name comes twice, or data and shape of a tensor disagree.
 */
export async function writeModelDirectory(
  destination: string | FileSink,
  model: ModelToWrite,
): Promise<void> {
  const { dtype, maxShardBytes = 5e9, copyFrom, files = {}, overwrite = false, onProgress } = model;
  if (overwrite && typeof destination !== 'string') {
    throw new RangeError(
      'writeModelDirectory: overwrite is true; expected false where files go into a sink.',
    );
  }
  if (!(maxShardBytes > 0)) {
    throw new RangeError(
      `writeModelDirectory: maxShardBytes is ${maxShardBytes}; expected a positive number.`,
    );
  }
  const copies = await filesToCopy(copyFrom);
  const tensors = [...model.tensors];
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name)) throw new RangeError(`writeModelDirectory: tensor "${name}" comes twice.`);
    names.add(name);
  }
  const { shards, index } = planShards(tensors, dtype === 'bfloat16' ? 2 : 4, maxShardBytes);

  const fill = async (draft: DirectoryDraft) => {
    await draft.write('config.json', json(withWeightType(model.config, dtype)));
    for (const [name, content] of Object.entries(files)) {
      const raw = typeof content === 'string' || content instanceof Uint8Array;
      await draft.write(name, raw ? content : json(content));
    }
    for (const [name, source] of copies) {
      if (!(name in files)) await draft.copyFrom(source, name);
    }
    let tensorsWritten = 0;
    for (const shard of shards) {
      await writeSafetensors(draft, shard.file, shard.tensors, dtype, ({ name }) => {
        tensorsWritten++;
        onProgress?.({ name, tensorsWritten, tensorsTotal: tensors.length });
      });
    }
    if (index) await draft.write(shardIndexFile, json(index));
  };
  await (typeof destination === 'string'
    ? writeDirectory(destination, { overwrite, marker: 'config.json' }, fill)
    : writeIntoSink(destination, fill));
}

async function filesToCopy(copyFrom: ModelToWrite['copyFrom']): Promise<ReadonlyMap<string, string>> {
  if (copyFrom === undefined) return new Map();
  if (typeof copyFrom !== 'string') return copyFrom;
  if (!(await isDirectory(copyFrom))) {
    throw new RangeError(`writeModelDirectory: copyFrom is ${copyFrom}, which is not a directory.`);
  }
  const present = await listDirectory(copyFrom);
  return new Map(present.filter((name) => companionFiles.includes(name)).map((name) => [name, copyFrom]));
}

/** transformers loads a model in the type that its config names, so the config must name what is stored. */
function withWeightType(config: JsonObject, dtype: WeightType): JsonObject {
  const renamed = (part: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(part).map(([key, value]) => {
        if (key === 'dtype' || key === 'torch_dtype') return [key, dtype];
        const nested = key === 'text_config' || key === 'vision_config';
        return [
          key,
          nested && typeof value === 'object' && value !== null ? renamed(value as JsonObject) : value,
        ];
      }),
    );
  const result = renamed(config);
  return 'dtype' in result || 'torch_dtype' in result ? result : { ...result, torch_dtype: dtype };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
