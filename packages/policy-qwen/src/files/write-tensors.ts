import type { FileSink } from './file-sink.js';
import { narrowToBfloat16 } from './number-formats.js';
import { buildSafetensorsHeader, elementCount } from './safetensors.js';

/** Element type in which weights are written. */
export type WeightType = 'bfloat16' | 'float32';

/** A tensor to write. Its data may be given by a function, called when its turn comes, at once or piece by piece. */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | (() => Float32Array | Promise<Float32Array> | AsyncIterable<Float32Array>);
}

/** Elements converted at a time. */
const chunk = 2 ** 22;

/**
 * Writes one safetensors file; of the data, one tensor is held at a time.
 *
 * @throws RangeError when data and shape of a tensor disagree, or a name comes twice.
 */
export async function writeSafetensors(
  draft: FileSink,
  file: string,
  tensors: readonly TensorToWrite[],
  type: WeightType,
  onTensor?: (tensor: TensorToWrite) => void,
): Promise<void> {
  const written = await draft.create(file);
  try {
    await written.append(buildSafetensorsHeader(tensors, type === 'bfloat16' ? 'BF16' : 'F32'));
    for (const tensor of tensors) {
      let values = 0;
      for await (const data of piecesOf(tensor)) {
        values += data.length;
        for (let from = 0; from < data.length; from += chunk) {
          const part = data.subarray(from, from + chunk);
          const encoded = type === 'bfloat16' ? narrowToBfloat16(part) : part;
          await written.append(new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength));
        }
      }
      if (values !== elementCount(tensor.shape)) {
        throw new RangeError(
          `writeSafetensors: tensor "${tensor.name}" has ${values} values; its shape [${tensor.shape.join(', ')}] takes ${elementCount(tensor.shape)}.`,
        );
      }
      onTensor?.(tensor);
    }
  } finally {
    await written.close();
  }
}

async function* piecesOf({ data }: TensorToWrite): AsyncGenerator<Float32Array> {
  const given = typeof data === 'function' ? await data() : data;
  if (given instanceof Float32Array) yield given;
  else yield* given;
}
