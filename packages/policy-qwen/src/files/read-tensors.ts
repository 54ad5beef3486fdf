import { NotFiniteError } from '../not-finite-error.js';
import { openFile, resolvePath } from './disk.js';
import type { Folder } from './folder.js';
import { firstNotFinite } from './not-finite.js';
import { bytesPerElement, isStoredFormat, type StoredFormat, widen } from './number-formats.js';
import type { ReadableFile } from './readable-file.js';
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
  /** As stored; the data is always float32. */
  readonly dtype: string;
  readonly data: Float32Array;
}

/** A tensor in its file; read on request only. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Absolute path of the file where it lies on disk, and the range of its bytes that the tensor takes. */
  readonly path: string | undefined;
  readonly begin: number;
  readonly end: number;
  /**
   * Its values as float32.
   *
   * @param from index of the first; 0 by default.
   * @param to index after the last; as many as it has by default.
   * @throws RangeError when it is neither BF16, F16 nor F32, or the file ends early; NotFiniteError for NaN or infinity.
   */
  numbers(from?: number, to?: number): Promise<Float32Array>;
  /** Its bytes as they are. @param target of their length; new ones by default. @throws RangeError when the file ends early. */
  bytes(target?: Uint8Array): Promise<Uint8Array>;
  /** Its bytes from ≤ i < to, fewer where it ends before. */
  piece(from: number, to: number): Promise<Uint8Array>;
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

/** Milliseconds between two pauses in which progress is drawn. */
const DRAWING_INTERVAL = 40;

/** Stored bytes turned to float32 at a time, so that a tensor is never held in both forms. */
const chunkBytes = 2 ** 24;

/**
 * Reads and checks the header of one safetensors file; no tensor data.
 *
 * @throws RangeError when the file is missing, truncated or malformed.
 */
export async function readSafetensorsHeader(directory: Folder, file: string): Promise<SafetensorsFile> {
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
  directory: Folder,
  files: readonly SafetensorsFile[],
  onProgress?: (progress: ReadProgress) => void,
): AsyncGenerator<LoadedTensor> {
  for await (const tensor of readStoredTensors(directory, files, onProgress)) {
    const { name, shape, dtype } = tensor;
    yield { name, shape, dtype, data: await tensor.numbers() };
  }
}

/** Bytes from which on a tensor comes before the others. */
const LARGE = 2 ** 28;

const isLarge = ({ begin, end }: TensorEntry) => end - begin >= LARGE;

/**
 * Streams tensors, large ones first and otherwise in the order of their bytes, to be read as they are wanted, before the
 * next is requested. What packs a tensor has it twice for a moment: an embedding last would be on top of all the rest.
 * Between two of them others get their turn, so that progress can be drawn.
 */
export async function* readStoredTensors(
  directory: Folder,
  files: readonly SafetensorsFile[],
  onProgress?: (progress: ReadProgress) => void,
): AsyncGenerator<StoredTensor> {
  const all = files.flatMap(({ entries }) => entries);
  const bytesTotal = all.reduce((sum, { begin, end }) => sum + end - begin, 0);
  let tensorsRead = 0;
  let bytesRead = 0;
  let drawn = performance.now();
  const passes = [true, false].flatMap((large) =>
    files.map(({ file, entries }) => ({
      file,
      entries: entries.filter((entry) => isLarge(entry) === large),
    })),
  );
  for (const { file, entries } of passes) {
    if (entries.length === 0) continue;
    const opened = await requireFile(directory, file);
    const path = await pathIn(directory, file);
    try {
      for (const entry of entries) {
        yield storedTensor(opened, path, entry, file);
        tensorsRead++;
        bytesRead += entry.end - entry.begin;
        if (!onProgress) continue;
        onProgress({ name: entry.name, tensorsRead, tensorsTotal: all.length, bytesRead, bytesTotal });
        if (performance.now() - drawn < DRAWING_INTERVAL) continue;
        await new Promise((resolve) => setTimeout(resolve, 0));
        drawn = performance.now();
      }
    } finally {
      await opened.close();
    }
  }
}

/**
 * Opens one tensor for as long as `use` takes.
 *
 * @throws RangeError when no file holds it, and as `use`.
 */
export async function withTensor<T>(
  directory: Folder,
  files: readonly SafetensorsFile[],
  name: string,
  use: (tensor: StoredTensor) => Promise<T>,
): Promise<T> {
  for (const { file, entries } of files) {
    const entry = entries.find((candidate) => candidate.name === name);
    if (!entry) continue;
    const path = await pathIn(directory, file);
    return withFile(directory, file, (opened) => use(storedTensor(opened, path, entry, file)));
  }
  throw new RangeError(`readTensor: ${directory} holds no tensor "${name}".`);
}

async function pathIn(directory: Folder, file: string): Promise<string | undefined> {
  return typeof directory === 'string' ? resolvePath(directory, file) : undefined;
}

function storedTensor(
  opened: ReadableFile,
  path: string | undefined,
  entry: TensorEntry,
  file: string,
): StoredTensor {
  const { begin, end } = entry;
  return {
    ...entry,
    path,
    numbers: (from = 0, to = elementCount(entry.shape)) => readNumbers(opened, entry, file, from, to),
    async bytes(target = new Uint8Array(end - begin)) {
      const read = await opened.readInto(target, begin);
      if (read !== end - begin) throw endedEarly(file, begin + read, entry);
      if (isStoredFormat(entry.dtype)) requireFinite(target, entry.dtype, entry, file, 0);
      return target;
    },
    piece: (from, to) => opened.read(begin + from, Math.min(begin + to, end)),
  };
}

function endedEarly(file: string, at: number, { name, end }: TensorEntry): RangeError {
  return new RangeError(
    `readTensors: ${file} ended at byte ${at} while reading tensor "${name}", which ends at byte ${end}.`,
  );
}

/** @param start index of the first of these elements in the tensor. */
function requireFinite(
  bytes: Uint8Array,
  format: StoredFormat,
  { name, shape }: TensorEntry,
  file: string,
  start: number,
): void {
  const broken = firstNotFinite(bytes, format);
  if (broken < 0) return;
  const value = new Float32Array(1);
  const size = bytesPerElement[format]!;
  widen(bytes.slice(broken * size, (broken + 1) * size), format, value, 0);
  throw new NotFiniteError(
    `readTensors: tensor "${name}" in ${file} holds ${value[0]} (element ${start + broken} of [${shape.join(', ')}]); expected finite numbers.`,
  );
}

/** Elements first ≤ i < last. */
async function readNumbers(
  opened: ReadableFile,
  entry: TensorEntry,
  file: string,
  first: number,
  last: number,
): Promise<Float32Array> {
  const { name, dtype } = entry;
  if (!isStoredFormat(dtype)) {
    throw new RangeError(
      `readTensors: in ${file}, tensor "${name}" has dtype ${dtype}; expected BF16, F16 or F32.`,
    );
  }
  const elementBytes = bytesPerElement[dtype]!;
  const [begin, end] = [entry.begin + first * elementBytes, entry.begin + last * elementBytes];
  const data = new Float32Array(last - first);
  const read = (from: number) => opened.read(from, Math.min(from + chunkBytes, end));
  let next = read(begin);
  for (let from = begin; from < end; from += chunkBytes) {
    const to = Math.min(from + chunkBytes, end);
    const bytes = await next;
    if (bytes.length !== to - from) {
      throw endedEarly(file, from + bytes.length, entry);
    }
    // The disk works on the next chunk meanwhile.
    if (to < end) next = read(to);
    const done = (from - begin) / elementBytes;
    requireFinite(bytes, dtype, entry, file, first + done);
    widen(bytes, dtype, data, done);
  }
  return data;
}

async function requireFile(directory: Folder, file: string): Promise<ReadableFile> {
  const opened = await openFile(directory, file);
  if (!opened) throw new RangeError(`readTensors: ${directory} has no ${file}.`);
  return opened;
}

async function withFile<T>(
  directory: Folder,
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
