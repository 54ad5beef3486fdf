import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { decoderTokenOperands } from '../decoder-token-inputs.js';
import type { KernelModule } from './kernel-module.js';
import { replaceKernel } from './replace-kernel.js';

/** Most branches of a task: with them the states of a small model stay in the first cache. */
const MOST_LANES = 48;

/** A token of some branches through a whole decoder; see `decoderTokenOperands`. */
export function registerDecoderToken(module: KernelModule): void {
  replaceKernel('CppoDecoderToken', () => decoderToken(module));
}

function decoderToken(module: KernelModule): KernelFunc {
  return ({ inputs, attrs }) => {
    const { epsilon, layers: layerCount } = attrs as unknown as { epsilon: number; layers: number };
    const operands = decoderTokenOperands(inputs as Record<string, TensorInfo>, layerCount);
    const { rows, vocabulary, hidden, intermediate, heads, keyValueHeads, hd } = operands.sizes;
    const { prompts, batches, prefixLength, longLength, shortLength } = operands.sizes;
    const { prefixBias, tokens, resultRows } = inputs as Record<
      'prefixBias' | 'tokens' | 'resultRows',
      TensorInfo
    >;
    const [biasBatches = 1, , , biasKeys = 1] = prefixBias.shape;
    const outputs = [
      module.output([rows, vocabulary]),
      ...[0, 1].map(() => module.output([layerCount * batches, shortLength + 1, hd])),
    ];
    const repeats = heads / keyValueHeads;
    const idle = idleBatches(module, { tokens, resultRows }, vocabulary, batches, repeats);

    // As many tasks as threads, or a multiple of them.
    const tasks = module.threads * Math.ceil(rows / module.threads / MOST_LANES);
    const lanes = Math.max(8, Math.ceil(rows / tasks / 8) * 8);
    const blocks = Math.ceil(rows / lanes);
    const [queries, keys] = [heads * hd, keyValueHeads * hd];
    const seen = prefixLength + longLength + shortLength + 1;
    const { exports } = module;
    const slotBytes = exports.decoderTokenSlotBytes(lanes, hidden, intermediate, queries, keys, hd, seen);
    const slots = module.output([(blocks * slotBytes) / 4]);
    const numbers = module.output([operands.layers.length + idle.length], 'int32');
    const at = module.address(numbers);
    const written = new Uint32Array(module.backend.wasm.HEAPU32.buffer, at, numbers.shape[0]);
    written.set(operands.layers.map(module.address));
    written.set(idle, operands.layers.length);
    module.run(
      'decoderToken',
      blocks + (idle.length > 0 ? 1 : 0),
      [
        ...[...operands.fixed, ...outputs].map(module.address),
        ...[at, layerCount, rows, vocabulary, hidden, intermediate, heads, keyValueHeads, hd],
        ...[prompts, batches, prefixLength, longLength, shortLength],
        ...[biasBatches > 1 ? biasKeys : 0, biasKeys > 1 ? 1 : 0],
        ...[at + 4 * operands.layers.length, idle.length, module.address(slots), slotBytes, lanes],
      ],
      [epsilon],
    );
    for (const { dataId } of [slots, numbers]) module.backend.disposeData(dataId);
    return outputs;
  };
}

/** Batches where no branch is. @throws RangeError for tokens and places beyond what there is: the kernel trusts them. */
function idleBatches(
  module: KernelModule,
  { tokens, resultRows }: Record<'tokens' | 'resultRows', TensorInfo>,
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
