import type { TensorInfo } from '@tensorflow/tfjs-core';
import {
  type DecoderTokenAttributes,
  type DecoderTokenOperands,
  decoderTokenOperands,
  layerWeights,
  type WeightOperands,
} from '../decoder-token-inputs.js';
import { type OperationBackend, register, withNumbers } from './tensorflow-operations.js';
import { formatNumbers } from './tensorflow-packed.js';

/** A token of some branches through a whole decoder; see `decoderTokenOperands`. */
export function registerDecoderToken(backend: OperationBackend): void {
  register('CppoDecoderToken', ({ inputs, attrs }) => {
    const attributes = attrs as unknown as DecoderTokenAttributes;
    const operands = decoderTokenOperands(inputs as Record<string, TensorInfo>, attributes);
    return withNumbers(backend, [attributes.epsilon], (epsilon) => {
      const { floats, ints, plan } = planOf(operands, epsilon, attributes.rounded ?? false);
      return withNumbers(
        backend,
        plan,
        (planned) => {
          const { TF_ATTR_INT, TF_ATTR_TYPE, TF_FLOAT, TF_INT32 } = backend.binding;
          return backend.executeMultipleOutputs(
            'CppoDecoderToken',
            [
              { name: 'N', type: TF_ATTR_INT, value: floats.length },
              { name: 'M', type: TF_ATTR_INT, value: ints.length },
              { name: 'C', type: TF_ATTR_TYPE, value: operands.halved ? TF_INT32 : TF_FLOAT },
            ],
            [...floats, ...ints, planned],
            3,
          );
        },
        'int32',
      );
    });
  });
}

/**
 * The inputs of the operation, floats and then ints, and what native/operations.cc reads of them, in its order: sizes,
 * and for every tensor the number of its input, −1 where there is none.
 */
function planOf(operands: DecoderTokenOperands, epsilon: TensorInfo, rounded: boolean) {
  const floats: TensorInfo[] = [];
  const ints: TensorInfo[] = [];
  /** An entry of the plan: a number, or a tensor whose input's index is assigned at the end. */
  const entries: (number | { readonly list: TensorInfo[]; readonly at: number })[] = [];
  const number = (...values: number[]) => entries.push(...values);
  const tensor = (...tensors: (TensorInfo | undefined)[]) => {
    for (const x of tensors) {
      if (!x) {
        entries.push(-1);
        continue;
      }
      const list = x.dtype === 'float32' ? floats : ints;
      entries.push({ list, at: list.push(x) - 1 });
    }
  };
  const weight = ({ format, rows, columns, values, scales, bias, adapter }: WeightOperands) => {
    number(formatNumbers[format], rows, columns);
    tensor(values, scales, bias, adapter?.down, adapter?.up);
    number(adapter?.down.shape[0] ?? 0);
  };

  const { rows, vocabulary, hidden, intermediate, heads, keyValueHeads, hd } = operands.sizes;
  const { prompts, batches, prefixLength, longLength, shortLength } = operands.sizes;
  const [biasBatches = 1, , , biasKeys = 1] = operands.prefixBias.shape;
  number(rows, vocabulary, hidden, intermediate, heads, keyValueHeads, hd);
  number(prompts, batches, prefixLength, longLength, shortLength);
  number(biasBatches > 1 ? biasKeys : 0, biasKeys > 1 ? 1 : 0);
  number(rounded ? 1 : 0, operands.halved ? 1 : 0);
  tensor(epsilon, operands.tokens, operands.resultRows);
  tensor(operands.cos, operands.sin, operands.norm, operands.prefixBias);
  tensor(operands.longKeys, operands.longValues, operands.shortKeys, operands.shortValues);
  weight(operands.embedding);
  weight(operands.head);
  number(operands.layers.length);
  for (const layer of operands.layers) {
    tensor(layer.inputNorm, layer.attentionNorm, layer.qNorm, layer.kNorm);
    tensor(layer.prefixKeys, layer.prefixValues);
    for (const name of layerWeights) weight(layer.weights[name]);
  }
  const plan = entries.map((entry) =>
    typeof entry === 'number' ? entry : entry.list === floats ? entry.at : floats.length + entry.at,
  );
  return { floats, ints, plan };
}
