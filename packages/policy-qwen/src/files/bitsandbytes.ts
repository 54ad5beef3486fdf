import { z } from 'zod';
import type { JsonObject } from './json-files.js';
import type { ModelFiles, TensorInfo } from './read-model-directory.js';

// Checkpoints that bitsandbytes quantised to 4 bits, as transformers saves them: beside `X.weight` (uint8, two codes a byte, the first
// in the upper half) lie `X.weight.absmax`, `.quant_map` and `.quant_state.bitsandbytes__nf4` (JSON as bytes). Where absmax itself is
// quantised it is uint8, and `.nested_absmax` and `.nested_quant_map` give its values. Source: bitsandbytes 0.50, `QuantState`.

/** Numbers that share a scale. */
export const nf4Block = 64;

/** The values of the 16 codes (QLoRA, arXiv:2305.14314, appendix E). */
const nf4Values = Float32Array.of(
  ...[-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453],
  ...[-0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0],
  ...[0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224],
  ...[0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0],
);

const nf4State = '.quant_state.bitsandbytes__nf4';
const companions = [
  '.absmax',
  '.quant_map',
  '.nested_absmax',
  '.nested_quant_map',
  nf4State,
  '.quant_state.bitsandbytes__fp4',
];

/** Whether config.json says that its weights are quantised, in the one way that is supported. */
export function isQuantized(config: JsonObject): boolean {
  const found = config.quantization_config;
  if (found === undefined || found === null) return false;
  const options = found as JsonObject;
  const method = options.quant_method ?? (options.load_in_4bit || options.load_in_8bit ? 'bitsandbytes' : '');
  const type = options.bnb_4bit_quant_type ?? 'fp4';
  const storage = options.bnb_4bit_quant_storage ?? 'uint8';
  const what =
    method !== 'bitsandbytes'
      ? `${method || 'an unnamed method'}`
      : options.load_in_4bit !== true
        ? 'bitsandbytes to 8 bits'
        : type !== 'nf4'
          ? `bitsandbytes to the type ${type}`
          : storage !== 'uint8'
            ? `bitsandbytes with 4-bit numbers stored as ${storage}`
            : undefined;
  if (what === undefined) return true;
  throw new RangeError(
    `loadModel: the weights are quantised by ${what}, which is not supported; expected weights in bfloat16, float16 or float32, or bitsandbytes in 4 bits of the type nf4.`,
  );
}

/** The names of quantised weights as stored; their companions are no parameters. */
export interface QuantizedNames {
  readonly weights: ReadonlySet<string>;
  readonly companions: ReadonlySet<string>;
}

/** Finds the quantised weights among tensors. */
export function quantizedNames(tensors: Iterable<string>): QuantizedNames {
  const names = new Set(tensors);
  const weights = new Set<string>();
  for (const name of names) {
    if (name.endsWith(nf4State)) weights.add(name.slice(0, -nf4State.length));
  }
  const all = [...weights].flatMap((name) => companions.map((suffix) => name + suffix));
  return { weights, companions: new Set(all.filter((name) => names.has(name))) };
}

/** The shape that a quantised weight has in its file. */
export function quantizedShape(shape: readonly number[]): number[] {
  return [Math.ceil(shape.reduce((size, side) => size * side, 1) / 2), 1];
}

const stateSchema = z.looseObject({
  quant_type: z.literal('nf4'),
  blocksize: z.literal(nf4Block),
  shape: z.array(z.int().positive()),
  nested_blocksize: z.int().positive().nullish(),
  nested_offset: z.number().nullish(),
});

/**
 * Reads the scales of a quantised weight: the largest magnitude of each 64 numbers.
 *
 *   absmax = nested_quant_map[code]·nested_absmax[⌊block / nested_blocksize⌋] + nested_offset
 *
 * where it is quantised itself.
 *
 * @param name of the weight as stored.
 * @param shape that the weight has by the config.
 * @throws RangeError naming the tensor that is missing, malformed or not supported.
 */
export async function readScales(
  files: ModelFiles,
  name: string,
  shape: readonly number[],
): Promise<Float32Array> {
  const fail = (what: string, expected: string): never => {
    throw new RangeError(`loadModel: ${what} of "${name}" in ${files.directory}; expected ${expected}.`);
  };
  const read = async (suffix: string, dtype: string, length: number): Promise<Uint8Array> => {
    const info: TensorInfo | undefined = files.tensorIndex.get(name + suffix);
    const size = info?.shape.reduce((product, side) => product * side, 1);
    if (info?.dtype !== dtype || size !== length) {
      fail(`${suffix} is ${info ? `${info.dtype} [${info.shape}]` : 'missing'}`, `${dtype} [${length}]`);
    }
    return files.withTensor(name + suffix, (tensor) => tensor.bytes());
  };
  const floats = async (suffix: string, length: number) =>
    new Float32Array((await read(suffix, 'F32', length)).buffer);

  const state = await readState(files, name);
  const numbers = shape.reduce((size, side) => size * side, 1);
  if (state.shape.reduce((size, side) => size * side, 1) !== numbers) {
    fail(`the quantisation state has the shape [${state.shape}]`, `[${shape}] by the config`);
  }
  const map = await floats('.quant_map', nf4Values.length);
  if (map.some((value, code) => Math.abs(value - nf4Values[code]!) > 1e-6)) {
    fail('quant_map is not the table', 'that of nf4');
  }
  const blocks = Math.ceil(numbers / nf4Block);
  if (!files.tensorIndex.has(`${name}.nested_absmax`)) return floats('.absmax', blocks);

  const perScale = state.nested_blocksize ?? fail('nested_blocksize is missing in the state', 'a number');
  const offset = state.nested_offset ?? fail('nested_offset is missing in the state', 'a number');
  const codes = await read('.absmax', 'U8', blocks);
  const values = await floats('.nested_quant_map', 256);
  const scales = await floats('.nested_absmax', Math.ceil(blocks / perScale));
  return Float32Array.from(
    codes,
    (code, block) => Math.fround(values[code]! * scales[Math.floor(block / perScale)]!) + Math.fround(offset),
  );
}

async function readState(files: ModelFiles, name: string): Promise<z.output<typeof stateSchema>> {
  const bytes = await files.withTensor(name + nf4State, (tensor) => tensor.bytes());
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new RangeError(`loadModel: "${name}${nf4State}" is not JSON (${(cause as Error).message}).`);
  }
  const parsed = stateSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new RangeError(
    `loadModel: "${path.join('.')}" in "${name}${nf4State}" is ${JSON.stringify((json as JsonObject)?.[String(path[0])])}: ${message}.`,
  );
}

/**
 * The numbers of a quantised weight, code·absmax.
 *
 * @param codes two a byte, the first in the upper half.
 * @param scales one for each 64 numbers.
 */
export function widenNf4(codes: Uint8Array, scales: Float32Array, numbers: number): Float32Array {
  const result = new Float32Array(numbers);
  for (let i = 0; i < numbers; i++) {
    const byte = codes[i >> 1]!;
    const code = i % 2 === 0 ? byte >> 4 : byte & 15;
    result[i] = nf4Values[code]! * scales[Math.floor(i / nf4Block)]!;
  }
  return result;
}
