import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import {
  type DecoderTokenAttributes,
  type DecoderTokenOperands,
  decoderSteps,
  decoderTokenOperands,
  type LayerOperands,
  layerLayout,
  linearLayout,
  type WeightOperands,
} from '../kernels/decoder-token.js';
import { type ValuesOf, wordCount, writeRecord } from '../kernels/layout.js';
import { mapped } from '../kernels/mapped.js';
import type { KernelModule } from './kernel-module.js';
import { replaceKernel } from './replace-kernel.js';
import { plainWeight, weightRecord } from './weight-record.js';

/** Most branches of a slot where each task has its own: with them the states of a small model stay in the first cache. */
const MOST_LANES = 48;
/** Up to so many branches are multiplied row by row; and where weights must be widened, too. */
const FEW = 7;
const FEW_WIDENED = 16;
/** Multiplications of a step from which, with several threads, tasks divide every step: as large weights are read once then. */
const LARGE_STEP = 2 ** 23;
/** Most branches of which it does so; more are enough work for tasks of their own. */
const MOST_SHARED = 64;

/** The steps whose work is divided among tasks. */
const divided: readonly string[] = ['project', 'attend', 'join', 'gated', 'leave', 'logits'];

/** A token of some branches through a whole decoder; see `decoderTokenOperands`. */
export function registerDecoderToken(module: KernelModule): void {
  replaceKernel('CppoDecoderToken', () => decoderToken(module));
}

function decoderToken(module: KernelModule): KernelFunc {
  return ({ inputs, attrs }) => {
    const attributes = attrs as unknown as DecoderTokenAttributes;
    const { epsilon } = attributes;
    const operands = decoderTokenOperands(inputs as Record<string, TensorInfo>, attributes);
    const { rows, vocabulary, hidden, intermediate, heads, keyValueHeads, hd } = operands.sizes;
    const { batches, prefixLength, longLength, shortLength, layerCount } = operands.sizes;
    const { halved } = operands;
    const { address } = module;
    const grown = [layerCount * batches, shortLength + 1, halved ? hd / 2 : hd];
    const grow = () => module.output(grown, halved ? 'int32' : 'float32');
    const [logits, keys, values] = [module.output([rows, vocabulary]), grow(), grow()];
    const repeats = heads / keyValueHeads;
    const idle = idleBatches(module, operands, vocabulary, batches, repeats);

    const weights = operands.layers.flatMap((layer) => Object.values(layer.weights));
    const rank = Math.max(0, ...weights.map(({ adapter }) => adapter?.down.shape[0] ?? 0));
    const few = operands.head.format === 'float32' ? FEW : FEW_WIDENED;
    const plan = divide(module, rows, hidden * intermediate);
    const [queryWidth, keyWidth] = [heads * hd, keyValueHeads * hd];
    const seen = prefixLength + longLength + shortLength + 1;
    const { exports } = module;
    const slotBytes = exports.decoderTokenSlotBytes(
      ...([plan.lanes, few, hidden, intermediate, queryWidth, keyWidth] as const),
    );
    const ownBytes = exports.decoderTokenOwnBytes(plan.lanes, hd, repeats, seen, rank);
    const memory = module.output([(plan.slots * slotBytes + plan.tasks * ownBytes) / 4]);
    const records = writeRecords(module, operands, idle);
    const { tensors } = operands;
    const job = {
      ...{
        ...mapped(tensors, address),
        logits: address(logits),
        keys: address(keys),
        values: address(values),
      },
      ...{ ...operands.sizes, ...records.at, idleCount: idle.length },
      ...{ slots: address(memory), slotBytes, owns: address(memory) + plan.slots * slotBytes, ownBytes },
      ...{ lanes: plan.lanes, few, rank, epsilon },
    };
    if (plan.shared) {
      const take = (step: (typeof decoderSteps)[number], layer = 0) => {
        const parts = divided.includes(step) ? plan.tasks : 1;
        module.run('decoderStep', parts, { ...job, step: decoderSteps.indexOf(step), layer, parts });
      };
      take('embed');
      for (let layer = 0; layer < layerCount; layer++) {
        for (const step of decoderSteps.slice(decoderSteps.indexOf('enter'), decoderSteps.indexOf('end'))) {
          take(step, layer);
        }
      }
      take('end');
      take('logits');
      take('idle');
    } else {
      const tasks = plan.slots + (idle.length > 0 ? 1 : 0);
      module.run('decoderToken', tasks, { ...job, step: 0, layer: 0, parts: 1 });
    }
    for (const { dataId } of [memory, records.tensor]) module.backend.disposeData(dataId);
    return [logits, keys, values];
  };
}

/** Writes the records of all weights, and which batches are idle. @returns where they are, and the tensor that holds them. */
function writeRecords(module: KernelModule, operands: DecoderTokenOperands, idle: readonly number[]) {
  const { embedding, head, layers, sizes } = operands;
  const words = 2 * wordCount(linearLayout) + layers.length * wordCount(layerLayout) + idle.length;
  const tensor = module.output([words], 'int32');
  const { wasm } = module.backend;
  const rounded = sizes.rounded !== 0;
  const embeddingAt = module.address(tensor);
  // What is read of the embedding is no operand of a product.
  const headAt = writeRecord(wasm, embeddingAt, linearLayout, linearRecord(module, embedding, false));
  const layersAt = writeRecord(wasm, headAt, linearLayout, linearRecord(module, head, rounded));
  let idleAt = layersAt;
  for (const layer of layers) {
    idleAt = writeRecord(wasm, idleAt, layerLayout, layerRecord(module, layer, rounded));
  }
  wasm.HEAPU32.set(idle, idleAt / 4);
  return { tensor, at: { embedding: embeddingAt, head: headAt, layers: layersAt, idle: idleAt } };
}

interface Division {
  /** Whether all branches are one slot's, and tasks divide each step. */
  readonly shared: boolean;
  readonly slots: number;
  readonly lanes: number;
  readonly tasks: number;
}

function divide({ threads }: KernelModule, rows: number, weight: number): Division {
  const eights = (count: number) => Math.max(8, Math.ceil(count / 8) * 8);
  if (threads > 1 && rows > 0 && rows <= MOST_SHARED && rows * weight >= LARGE_STEP) {
    return { shared: true, slots: 1, lanes: eights(rows), tasks: 2 * threads };
  }
  // As many slots as threads, or a multiple of them.
  const wanted = threads * Math.ceil(rows / threads / MOST_LANES);
  const lanes = eights(rows / Math.max(1, wanted));
  const slots = Math.ceil(rows / lanes);
  return { shared: false, slots, lanes, tasks: slots };
}

function linearRecord(
  module: KernelModule,
  { values, scales, format, columns, bias, adapter }: WeightOperands,
  rounded: boolean,
): ValuesOf<typeof linearLayout> {
  const place = (x: TensorInfo | undefined) => (x ? module.address(x) : 0);
  const matrix = (x: TensorInfo | undefined) =>
    weightRecord({ ...plainWeight(place(x)), columns: x?.shape[1] ?? 0 });
  return {
    ...weightRecord({ values: place(values), scales: place(scales), format, columns, rounded }),
    ...{ bias: place(bias), rank: adapter?.down.shape[0] ?? 0 },
    ...{ down: matrix(adapter?.down), up: matrix(adapter?.up) },
  };
}

function layerRecord(
  module: KernelModule,
  layer: LayerOperands,
  rounded: boolean,
): ValuesOf<typeof layerLayout> {
  const { weights, ...tensors } = layer;
  return {
    ...mapped(tensors, (x) => (x ? module.address(x) : 0)),
    ...mapped(weights, (weight) => linearRecord(module, weight, rounded)),
  };
}

/** Batches where no branch is. @throws RangeError for tokens and places beyond what there is: the kernel trusts them. */
function idleBatches(
  module: KernelModule,
  { tensors: { tokens, resultRows } }: DecoderTokenOperands,
  vocabulary: number,
  batches: number,
  repeats: number,
): number[] {
  const { buffer } = module.backend.wasm.HEAPU32;
  const read = (x: TensorInfo, limit: number, what: string) => {
    const count = x.shape.reduce((product, length) => product * length, 1);
    const outside = module.exports.findOutside(module.address(x), count, limit);
    const values = new Int32Array(buffer, module.address(x), count);
    if (outside >= 0) {
      throw new RangeError(
        `CppoDecoderToken: ${what} ${values[outside]} is there; expected less than ${limit}.`,
      );
    }
    return values;
  };
  read(tokens, vocabulary, 'token');
  const taken = new Uint8Array(batches);
  for (const place of read(resultRows, batches * repeats, 'result row'))
    taken[Math.floor(place / repeats)] = 1;
  const idle: number[] = [];
  taken.forEach((is, batch) => {
    if (!is) idle.push(batch);
  });
  return idle;
}
