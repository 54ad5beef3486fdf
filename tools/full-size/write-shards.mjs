// Safetensors shards whose tensors can be mapped as they lie.
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** Start of every tensor in its file, where sizes allow: that of a cache line, so that mapped weights feed vector units. */
const alignment = 64;
const bytesPerNumber = 2;

const count = (shape) => shape.reduce((product, side) => product * side, 1);

/**
 * Distributes tensors over files of at most `shardBytes`, in order; in each file those whose length would move the next one off
 * its place come last.
 *
 * @param {ReadonlyMap<string, readonly number[]>} shapes
 * @returns {{ file: string, tensors: { name: string, shape: readonly number[], bytes: number }[] }[]}
 */
export function planShards(shapes, shardBytes) {
  const groups = [[]];
  let filled = 0;
  for (const [name, shape] of shapes) {
    const bytes = bytesPerNumber * count(shape);
    if (filled > 0 && filled + bytes > shardBytes) {
      groups.push([]);
      filled = 0;
    }
    groups.at(-1).push({ name, shape, bytes });
    filled += bytes;
  }
  const digits = (n) => String(n).padStart(5, '0');
  return groups.map((tensors, i) => ({
    file:
      groups.length === 1
        ? 'model.safetensors'
        : `model-${digits(i + 1)}-of-${digits(groups.length)}.safetensors`,
    tensors: [
      ...tensors.filter(({ bytes }) => bytes % alignment === 0),
      ...tensors.filter(({ bytes }) => bytes % alignment !== 0),
    ],
  }));
}

/** `model.safetensors.index.json`. */
export function shardIndex(shards) {
  const tensors = shards.flatMap(({ file, tensors }) => tensors.map((tensor) => ({ file, ...tensor })));
  return {
    metadata: { total_size: tensors.reduce((sum, { bytes }) => sum + bytes, 0) },
    weight_map: Object.fromEntries(tensors.map(({ name, file }) => [name, file])),
  };
}

/**
 * Writes one shard.
 *
 * @param {(tensor: { name: string, shape: readonly number[] }) => Iterable<Uint8Array>} dataOf pieces of a tensor's bytes.
 * @param {(bytes: number) => void} onBytes called after every piece.
 */
export async function writeShard(directory, { file, tensors }, dataOf, onBytes) {
  const handle = await open(join(directory, file), 'wx');
  try {
    await append(handle, header(tensors));
    for (const tensor of tensors) {
      for (const piece of dataOf(tensor)) {
        await append(handle, piece);
        onBytes(piece.length);
      }
    }
  } finally {
    await handle.close();
  }
}

/** Length, JSON, and spaces up to the next multiple of the alignment, as the format allows. */
function header(tensors) {
  const entries = { __metadata__: { format: 'pt' } };
  let begin = 0;
  for (const { name, shape, bytes } of tensors) {
    entries[name] = { dtype: 'BF16', shape, data_offsets: [begin, begin + bytes] };
    begin += bytes;
  }
  const json = Buffer.from(JSON.stringify(entries));
  const whole = Buffer.alloc(Math.ceil((8 + json.length) / alignment) * alignment, ' ');
  whole.writeBigUInt64LE(BigInt(whole.length - 8));
  json.copy(whole, 8);
  return whole;
}

async function append(handle, bytes) {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
  }
}
