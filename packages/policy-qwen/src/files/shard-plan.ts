import { elementCount } from './safetensors.js';

/** Name of the only weights file of a model. */
export const singleFile = 'model.safetensors';
/** Name of the file that says which shard holds which tensor. */
export const shardIndexFile = 'model.safetensors.index.json';

/** Tensors grouped into the files they are written to. */
export interface ShardPlan<T> {
  readonly shards: readonly { readonly file: string; readonly tensors: readonly T[] }[];
  /** The index to write beside the shards; none when there is only one. */
  readonly index?: {
    readonly metadata: { readonly total_size: number };
    readonly weight_map: Readonly<Record<string, string>>;
  };
}

/**
 * Distributes tensors over files as `save_pretrained` does: in order, a new file whenever the next
 * tensor would exceed the limit; a tensor larger than the limit gets a file of its own.
 *
 * @param elementBytes  bytes per element as written.
 * @param maxShardBytes most bytes of tensor data in one file.
 */
export function planShards<T extends { readonly name: string; readonly shape: readonly number[] }>(
  tensors: readonly T[],
  elementBytes: number,
  maxShardBytes: number,
): ShardPlan<T> {
  const groups: T[][] = [[]];
  let groupBytes = 0;
  let totalBytes = 0;
  for (const tensor of tensors) {
    const bytes = elementCount(tensor.shape) * elementBytes;
    if (groups.at(-1)!.length > 0 && groupBytes + bytes > maxShardBytes) {
      groups.push([]);
      groupBytes = 0;
    }
    groups.at(-1)!.push(tensor);
    groupBytes += bytes;
    totalBytes += bytes;
  }
  if (groups.length === 1) return { shards: [{ file: singleFile, tensors: groups[0]! }] };
  const digits = (n: number) => String(n).padStart(5, '0');
  const shards = groups.map((group, i) => ({
    file: `model-${digits(i + 1)}-of-${digits(groups.length)}.safetensors`,
    tensors: group,
  }));
  return {
    shards,
    index: {
      metadata: { total_size: totalBytes },
      weight_map: Object.fromEntries(
        shards.flatMap((shard) => shard.tensors.map((tensor) => [tensor.name, shard.file] as const)),
      ),
    },
  };
}

/**
 * Reads `model.safetensors.index.json`.
 *
 * @returns the shard file of every tensor.
 * @throws RangeError when `weight_map` is missing or points outside the directory.
 */
export function parseShardIndex(json: unknown, file: string): ReadonlyMap<string, string> {
  const map = (json as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new RangeError(
      `readModelDirectory: "weight_map" in ${file} is ${JSON.stringify(map)}; expected an object from tensor to file name.`,
    );
  }
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || !/^[^/\\]+\.safetensors$/.test(shard)) {
      throw new RangeError(
        `readModelDirectory: "weight_map" in ${file} places "${name}" in ${JSON.stringify(shard)}; ` +
          'expected the name of a .safetensors file of the same directory.',
      );
    }
  }
  return new Map(Object.entries(map as Record<string, string>));
}
