import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import {
  type DecoderTokenAttributes,
  type DecoderTokenOperands,
  decoderTokenOperands,
  type LayerOperands,
  layerWeights,
  type WeightOperands,
} from '../decoder-token-inputs.js';
import type { KernelModule } from './kernel-module.js';
import { replaceKernel } from './replace-kernel.js';
import { plainWeight, weightRecord } from './weight.js';

/** Most branches of a slot where each task has its own: with them the states of a small model stay in the first cache. */
const MOST_LANES = 48;
/** Up to so many branches are multiplied row by row; and where weights must be widened, too. */
const FEW = 7;
const FEW_WIDENED = 16;
/** Multiplications of a step from which, with several threads, tasks divide every step: as large weights are read once then. */
const LARGE_STEP = 2 ** 23;
/** Most branches of which it does so; more are enough work for tasks of their own. */
const MOST_SHARED = 64;

/** Steps of a token, in the order of assembly/decoder-token.ts; only those of the second list are divided among tasks. */
const steps = [
  ...(['embed', 'enter', 'project', 'attend', 'collect', 'join', 'enterGate', 'gated'] as const),
  ...(['collectGated', 'leave', 'end', 'logits', 'idle'] as const),
];
const divided: readonly string[] = ['project', 'attend', 'join', 'gated', 'leave', 'logits'];

/** A token of some branches through a whole decoder; see `decoderTokenOperands`. */
export function registerDecoderToken(module: KernelModule): void {
  replaceKernel('CppoDecoderToken', () => decoderToken(module));
}

function decoderToken(module: KernelModule): KernelFunc {
  return ({ inputs, attrs }) => {
    const attributes = attrs as unknown as DecoderTokenAttributes;
    const { epsilon, layers: layerCount, rounded = false } = attributes;
    const operands = decoderTokenOperands(inputs as Record<string, TensorInfo>, attributes);
    const { rows, vocabulary, hidden, intermediate, heads, keyValueHeads, hd } = operands.sizes;
    const { prompts, batches, prefixLength, longLength, shortLength } = operands.sizes;
    const { prefixBias, halved } = operands;
    const [biasBatches = 1, , , biasKeys = 1] = prefixBias.shape;
    const { address } = module;
    const grown = [layerCount * batches, shortLength + 1, halved ? hd / 2 : hd];
    const outputs = [
      module.output([rows, vocabulary]),
      ...[0, 1].map(() => module.output(grown, halved ? 'int32' : 'float32')),
    ];
    const repeats = heads / keyValueHeads;
    const idle = idleBatches(module, operands, vocabulary, batches, repeats);

    const weights = operands.layers.flatMap((layer) => Object.values(layer.weights));
    const rank = Math.max(0, ...weights.map(({ adapter }) => adapter?.down.shape[0] ?? 0));
    const few = operands.head.format === 'float32' ? FEW : FEW_WIDENED;
    const plan = divide(module, rows, hidden * intermediate);
    const [queries, keys] = [heads * hd, keyValueHeads * hd];
    const seen = prefixLength + longLength + shortLength + 1;
    const { exports } = module;
    const slotBytes = exports.decoderTokenSlotBytes(plan.lanes, few, hidden, intermediate, queries, keys);
    const ownBytes = exports.decoderTokenOwnBytes(plan.lanes, hd, repeats, seen, rank);
    const memory = module.output([(plan.slots * slotBytes + plan.tasks * ownBytes) / 4]);
    // What is read of the embedding is no operand of a product.
    const records = [
      linearRecord(module, operands.embedding, false),
      linearRecord(module, operands.head, rounded),
    ];
    const layers = operands.layers.map((layer) => layerRecord(module, layer, rounded));
    const words = [...records, ...layers, idle].flat();
    const numbers = module.output([words.length], 'int32');
    const at = address(numbers);
    new Uint32Array(module.backend.wasm.HEAPU32.buffer, at, words.length).set(words);

    const { tokens, cos, sin, norm, longKeys, longValues, shortKeys, shortValues, resultRows } = operands;
    const recordBytes = 4 * linearWords;
    const idleAt = at + 4 * (words.length - idle.length);
    const fixed = [
      ...[tokens, cos, sin, norm, prefixBias].map(address),
      ...[longKeys, longValues, shortKeys, shortValues, resultRows, ...outputs].map(address),
      ...[at, at + recordBytes, at + 2 * recordBytes],
      ...[layerCount, rows, vocabulary, hidden, intermediate, heads, keyValueHeads, hd],
      ...[prompts, batches, prefixLength, longLength, shortLength],
      ...[biasBatches > 1 ? biasKeys : 0, biasKeys > 1 ? 1 : 0, halved ? 1 : 0, rounded ? 1 : 0],
      ...[idleAt, idle.length, address(memory), slotBytes],
      ...[address(memory) + plan.slots * slotBytes, ownBytes, plan.lanes, few, rank],
    ];
    if (plan.shared) {
      const take = (step: (typeof steps)[number], layer = 0) => {
        const parts = divided.includes(step) ? plan.tasks : 1;
        module.run('decoderStep', parts, [...fixed, steps.indexOf(step), layer, parts], [epsilon]);
      };
      take('embed');
      for (let layer = 0; layer < layerCount; layer++) {
        for (const step of steps.slice(steps.indexOf('enter'), steps.indexOf('end'))) take(step, layer);
      }
      take('end');
      take('logits');
      take('idle');
    } else {
      const tasks = plan.slots + (idle.length > 0 ? 1 : 0);
      module.run('decoderToken', tasks, [...fixed, 0, 0, 1], [epsilon]);
    }
    for (const { dataId } of [memory, numbers]) module.backend.disposeData(dataId);
    return outputs;
  };
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

/** Words of `linearRecord`. */
const linearWords = 17;

/** As `Linear` in assembly/decoder-token-job.ts. */
function linearRecord(
  module: KernelModule,
  { values, scales, format, columns, bias, adapter }: WeightOperands,
  rounded: boolean,
): number[] {
  const { address } = module;
  const matrix = (x: TensorInfo | undefined) =>
    weightRecord({ ...plainWeight(x ? address(x) : 0), columns: x?.shape[1] ?? 0 });
  return [
    ...weightRecord({
      ...{ values: address(values), scales: scales ? address(scales) : 0, format, columns, rounded },
    }),
    ...[bias ? address(bias) : 0, adapter?.down.shape[0] ?? 0],
    ...matrix(adapter?.down),
    ...matrix(adapter?.up),
  ];
}

/** As `Layer` there, and its weights. */
function layerRecord(module: KernelModule, layer: LayerOperands, rounded: boolean): number[] {
  const { inputNorm, attentionNorm, qNorm, kNorm, prefixKeys, prefixValues, weights } = layer;
  return [
    ...[inputNorm, attentionNorm].map(module.address),
    ...[qNorm, kNorm].map((norm) => (norm ? module.address(norm) : 0)),
    ...[prefixKeys, prefixValues].map(module.address),
    ...layerWeights.flatMap((name) => linearRecord(module, weights[name], rounded)),
  ];
}

/** Batches where no branch is. @throws RangeError for tokens and places beyond what there is: the kernel trusts them. */
function idleBatches(
  module: KernelModule,
  { tokens, resultRows }: DecoderTokenOperands,
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
