import { parseMemorySize } from '@cppo/checked-options';
import {
  availableMemory,
  type Engine,
  largestModel,
  type MemoryLimit,
  memoryLimit,
  processBytes,
} from '@cppo/engine';
import { hasPackedKernels, type WeightFormat, weightFormats } from '@cppo/policy-qwen';
import type { Room } from '@cppo/training';

/** The room of the built-in family on the engines of this program. */
export type EngineRoom = Room<WeightFormat>;

/**
 * What there is room for on the engine that was started.
 *
 * @param asked a size such as 12GB that stands in the place of the machine's memory.
 */
export function roomOf(engine: Engine, asked?: string): EngineRoom {
  const limit = memoryLimit(asked === undefined ? undefined : parseMemorySize(asked));
  // Graphics cards have memory of their own, which the engines do not tell.
  const card = engine.name === 'webgpu' || engine.name === 'tensorflow-gpu';
  return roomWithin(
    engine,
    card ? { ...limit, bytes: Number.POSITIVE_INFINITY } : limit,
    hasPackedKernels() ? weightFormats : ['float32'],
  );
}

/**
 * The room of an engine within a limit.
 *
 * @param formats of weights that it multiplies, the widest first.
 */
export function roomWithin(
  { name, memoryLimit: tensors = 0 }: Pick<Engine, 'name'> & { readonly memoryLimit?: number },
  limit: MemoryLimit,
  formats: readonly WeightFormat[],
): EngineRoom {
  return {
    engine: { name, process: processBytes[name] },
    formats,
    limit,
    tensors: name === 'wasm' ? tensors : Number.POSITIVE_INFINITY,
    // What runs on it is small, and slow beyond any memory.
    available: name === 'cpu' ? () => Number.POSITIVE_INFINITY : availableMemory,
    largestTrained: largestModel,
  };
}
