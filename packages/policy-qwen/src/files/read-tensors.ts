import { openFile, type ReadableFile } from './disk.js';
import { bytesPerElement, isWeightFormat, widen } from './number-formats.js';
import {
  elementCount,
  headerLengthBytes,
  parseSafetensorsHeader,
  safetensorsHeaderLength,
  type TensorEntry,
} from './safetensors.js';

/** A tensor read from disk. */
export interface LoadedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** As stored; the data is float32 whatever it says. */
  readonly dtype: string;
  readonly data: Float32Array;
}

/** How far reading has come, after each tensor. */
export interface ReadProgress {
  readonly name: string;
  readonly tensorsRead: number;
  readonly tensorsTotal: number;
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

/** One safetensors file and the tensors its header lists. */
export interface SafetensorsFile {
  readonly file: string;
  readonly entries: readonly TensorEntry[];
}

/** Stored bytes turned to float32 at a time, so that a tensor is never held in both forms. */
const chunkBytes = 2 ** 24;

/**
 * Reads and checks the header of one safetensors file; no tensor data.
 *
 * @throws RangeError when the file is missing, truncated or malformed.
 */
export async function readSafetensorsHeader(directory: string, file: string): Promise<SafetensorsFile> {
  return withFile(directory, file, async (opened) => {
    const length = safetensorsHeaderLength(await opened.read(0, headerLengthBytes), opened.size, file);
    const header = await opened.read(headerLengthBytes, headerLengthBytes + length);
    return { file, entries: parseSafetensorsHeader(header, opened.size, file).entries };
  });
}

/**
 * Streams tensors as float32, in the order of their bytes, one in memory at a time.
 *
 * @throws RangeError for a dtype that is not BF16, F16 or F32, or a file that ends early.
 */
export async function* readTensors(
  directory: string,
  files: readonly SafetensorsFile[],
  onProgress?: (progress: ReadProgress) => void,
): AsyncGenerator<LoadedTensor> {
  const all = files.flatMap(({ entries }) => entries);
  const bytesTotal = all.reduce((sum, { begin, end }) => sum + end - begin, 0);
  let tensorsRead = 0;
  let bytesRead = 0;
  for (const { file, entries } of files) {
    const opened = await requireFile(directory, file);
    try {
      for (const entry of entries) {
        const data = await readTensor(opened, entry, file);
        tensorsRead++;
        bytesRead += entry.end - entry.begin;
        yield { name: entry.name, shape: entry.shape, dtype: entry.dtype, data };
        onProgress?.({ name: entry.name, tensorsRead, tensorsTotal: all.length, bytesRead, bytesTotal });
      }
    } finally {
      await opened.close();
    }
  }
}

/**
 * Reads one tensor as float32.
 *
 * @throws RangeError when no file holds it, and as `readTensors`.
 */
export async function readTensorNamed(
  directory: string,
  files: readonly SafetensorsFile[],
  name: string,
): Promise<LoadedTensor> {
  for (const { file, entries } of files) {
    const entry = entries.find((candidate) => candidate.name === name);
    if (entry) {
      const data = await withFile(directory, file, (opened) => readTensor(opened, entry, file));
      return { name, shape: entry.shape, dtype: entry.dtype, data };
    }
  }
  throw new RangeError(`readTensor: ${directory} holds no tensor "${name}".`);
}

async function readTensor(opened: ReadableFile, entry: TensorEntry, file: string): Promise<Float32Array> {
  const { name, dtype, begin, end } = entry;
  if (!isWeightFormat(dtype)) {
    throw new RangeError(
      `readTensors: in ${file}, tensor "${name}" has dtype ${dtype}; expected BF16, F16 or F32.`,
    );
  }
  const elementBytes = bytesPerElement[dtype]!;
  const data = new Float32Array(elementCount(entry.shape));
  const read = (from: number) => opened.read(from, Math.min(from + chunkBytes, end));
  let next = read(begin);
  for (let from = begin; from < end; from += chunkBytes) {
    const to = Math.min(from + chunkBytes, end);
    const bytes = await next;
    if (bytes.length !== to - from) {
      throw new RangeError(
        `readTensors: ${file} ended at byte ${from + bytes.length} while reading tensor "${name}", which ends at byte ${end}.`,
      );
    }
    // The disk works on the next chunk meanwhile.
    if (to < end) next = read(to);
    widen(bytes, dtype, data, (from - begin) / elementBytes);
  }
  return data;
}

async function requireFile(directory: string, file: string): Promise<ReadableFile> {
  const opened = await openFile(directory, file);
  if (!opened) throw new RangeError(`readTensors: ${directory} has no ${file}.`);
  return opened;
}

async function withFile<T>(
  directory: string,
  file: string,
  use: (opened: ReadableFile) => Promise<T>,
): Promise<T> {
  const opened = await requireFile(directory, file);
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}
