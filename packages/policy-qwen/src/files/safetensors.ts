import { gitLfsPointer, notFetched } from './git-lfs.js';
import { bytesPerElement } from './number-formats.js';

/** Position of one tensor in a safetensors file. */
export interface TensorEntry {
  readonly name: string;
  readonly shape: readonly number[];
  /** As in the file: `BF16`, `F16`, `F32`, … */
  readonly dtype: string;
  /** First byte, counted from the start of the file. */
  readonly begin: number;
  /** One past the last byte. */
  readonly end: number;
}

/** The length of the header comes first: 8 bytes, little-endian. */
export const headerLengthBytes = 8;

/** The data of a file that we write starts at a multiple of so many bytes. */
const dataAlignment = 64;

/** As in the format's own reader: a longer header is a sign of a corrupt file. */
const longestHeader = 100_000_000;

/**
 * Length in bytes of the JSON header, from the first 8 bytes of a file.
 *
 * @param prefix the first 8 bytes.
 * @param size   bytes of the whole file.
 * @param file   name for messages.
 * @throws RangeError when the file is too short to be one.
 */
export function safetensorsHeaderLength(prefix: Uint8Array, size: number, file: string): number {
  if (prefix.length < headerLengthBytes) {
    throw new RangeError(
      `readSafetensors: ${file} has ${size} bytes; a safetensors file starts with 8 bytes of header length.`,
    );
  }
  if (new TextDecoder().decode(prefix) === gitLfsPointer.slice(0, headerLengthBytes)) throw notFetched(file);
  const view = new DataView(prefix.buffer, prefix.byteOffset, headerLengthBytes);
  const length = Number(view.getBigUint64(0, true));
  if (length > longestHeader || headerLengthBytes + length > size) {
    throw new RangeError(
      `readSafetensors: ${file} announces a header of ${length} bytes but has ${size} bytes in all; ` +
        'it is truncated or not a safetensors file.',
    );
  }
  return length;
}

/**
 * Reads the header of a safetensors file and checks that its tensors fill the file exactly.
 *
 * The header maps each name to `{ dtype, shape, data_offsets: [begin, end) }` with offsets counted from
 * the end of the header; `__metadata__` holds strings (https://github.com/huggingface/safetensors).
 *
 * @param header the JSON bytes, without the 8 bytes before them.
 * @param size   bytes of the whole file.
 * @param file   name for messages.
 * @returns entries in the order of their bytes.
 * @throws RangeError naming the file and the tensor that is malformed, overlapping, truncated or beyond a gap.
 */
export function parseSafetensorsHeader(
  header: Uint8Array,
  size: number,
  file: string,
): { readonly entries: readonly TensorEntry[]; readonly metadata: Readonly<Record<string, string>> } {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header));
  } catch (cause) {
    throw new RangeError(
      `readSafetensors: the header of ${file} is not JSON (${(cause as Error).message}).`,
      {
        cause,
      },
    );
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new RangeError(`readSafetensors: the header of ${file} is not a JSON object.`);
  }
  const start = headerLengthBytes + header.length;
  const { __metadata__: metadata = {}, ...tensors } = json as Record<string, unknown>;
  const entries = Object.entries(tensors)
    .map(([name, value]) => parseEntry(name, value, start, file))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);

  let position = start;
  let previous: TensorEntry | undefined;
  for (const entry of entries) {
    if (entry.begin < position) {
      throw new RangeError(
        `readSafetensors: in ${file}, tensor "${entry.name}" starts at byte ${entry.begin}, inside ` +
          `"${previous?.name}", which ends at byte ${position}.`,
      );
    }
    if (entry.begin > position) {
      throw new RangeError(
        `readSafetensors: in ${file}, ${entry.begin - position} bytes before tensor "${entry.name}" belong to no tensor.`,
      );
    }
    if (entry.end > size) {
      throw new RangeError(
        `readSafetensors: in ${file}, tensor "${entry.name}" is truncated: it ends at byte ${entry.end} of a file of ${size} bytes.`,
      );
    }
    position = entry.end;
    previous = entry;
  }
  if (position !== size) {
    throw new RangeError(
      `readSafetensors: ${file} has ${size} bytes, ${size - position} more than its header accounts for.`,
    );
  }
  return { entries, metadata: metadata as Record<string, string> };
}

function parseEntry(name: string, value: unknown, start: number, file: string): TensorEntry {
  const fail = (reason: string): never => {
    throw new RangeError(`readSafetensors: in ${file}, tensor "${name}" ${reason}.`);
  };
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const elementBytes = typeof dtype === 'string' ? bytesPerElement[dtype] : undefined;
  if (typeof dtype !== 'string' || elementBytes === undefined) {
    return fail(
      `has dtype ${JSON.stringify(dtype)}; expected one of ${Object.keys(bytesPerElement).join(', ')}`,
    );
  }
  if (!Array.isArray(shape) || !shape.every((side) => Number.isSafeInteger(side) && side >= 0)) {
    return fail(`has shape ${JSON.stringify(shape)}; expected a list of sizes`);
  }
  if (
    !Array.isArray(offsets) ||
    offsets.length !== 2 ||
    !offsets.every((o) => Number.isSafeInteger(o) && o >= 0)
  ) {
    return fail(`has data_offsets ${JSON.stringify(offsets)}; expected [begin, end]`);
  }
  const [begin, end] = offsets as [number, number];
  const expected = elementCount(shape) * elementBytes;
  if (end - begin !== expected) {
    return fail(
      `covers ${end - begin} bytes (data_offsets [${begin}, ${end}]); its shape [${shape.join(', ')}] in ${dtype} takes ${expected}`,
    );
  }
  return { name, shape, dtype, begin: start + begin, end: start + end };
}

/**
 * The bytes before the data of a safetensors file that holds `tensors` one after the other.
 *
 * The JSON is padded with spaces so that the data starts at a multiple of 64: readers that map the
 * file then find every tensor at the start of a cache line, as long as those before it fill whole ones.
 */
export function buildSafetensorsHeader(
  tensors: readonly { readonly name: string; readonly shape: readonly number[] }[],
  dtype: 'BF16' | 'F32',
): Uint8Array<ArrayBuffer> {
  // transformers refuses a file that does not say for which framework it was written.
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let begin = 0;
  for (const { name, shape } of tensors) {
    const end = begin + elementCount(shape) * bytesPerElement[dtype]!;
    header[name] = { dtype, shape, data_offsets: [begin, end] };
    begin = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length =
    Math.ceil((headerLengthBytes + json.length) / dataAlignment) * dataAlignment - headerLengthBytes;
  const bytes = new Uint8Array(headerLengthBytes + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, headerLengthBytes);
  return bytes;
}

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
