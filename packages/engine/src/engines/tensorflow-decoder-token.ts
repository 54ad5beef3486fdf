import type { TensorInfo } from '@tensorflow/tfjs-core';
import {
  type DecoderTokenAttributes,
  type DecoderTokenOperands,
  decoderTokenOperands,
  decoderTokenPlan,
  type LayerOperands,
  layerPlan,
  type WeightOperands,
  type weightPlan,
} from '../kernels/decoder-token.js';
import { type ValuesOf, wordsOf } from '../kernels/layout.js';
import { mapped } from '../kernels/mapped.js';
import { formatNumber } from '../kernels/packed-weight.js';
import { type OperationBackend, register, withNumbers } from './tensorflow-operations.js';

/** A token of some branches through a whole decoder; see `decoderTokenOperands`. */
export function registerDecoderToken(backend: OperationBackend): void {
  register('CppoDecoderToken', ({ inputs, attrs }) => {
    const attributes = attrs as unknown as DecoderTokenAttributes;
    const operands = decoderTokenOperands(inputs as Record<string, TensorInfo>, attributes);
    return withNumbers(backend, [attributes.epsilon], (epsilon) => {
      const { floats, ints, plan } = planOf(operands, epsilon);
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

/** The inputs of the operation, floats and then ints, and its plan. */
function planOf(operands: DecoderTokenOperands, epsilon: TensorInfo) {
  const { tensors, sizes, embedding, head, layers } = operands;
  const all = new Set(
    [
      ...[epsilon, ...Object.values(tensors)],
      ...[embedding, head, ...layers.flatMap(({ weights }) => Object.values(weights))].flatMap(tensorsOf),
      ...layers.flatMap(({ weights, ...own }) => Object.values(own)),
    ].filter((x) => x !== undefined),
  );
  const floats = [...all].filter(({ dtype }) => dtype === 'float32');
  const ints = [...all].filter(({ dtype }) => dtype !== 'float32');
  const places = new Map([...floats, ...ints].map((x, place) => [x, place]));
  const input = (x: TensorInfo | undefined) => (x && places.get(x)) ?? -1;

  const weight = (w: WeightOperands): ValuesOf<typeof weightPlan> => ({
    ...{ format: formatNumber(w.format), rows: w.rows, columns: w.columns },
    ...{ values: input(w.values), scales: input(w.scales), bias: input(w.bias) },
    ...{ down: input(w.adapter?.down), up: input(w.adapter?.up), rank: w.adapter?.down.shape[0] ?? 0 },
  });
  const layer = ({ weights, ...own }: LayerOperands): ValuesOf<typeof layerPlan> => ({
    ...mapped(own, input),
    ...mapped(weights, weight),
  });
  const token = {
    ...{ ...sizes, ...mapped(tensors, input), epsilon: input(epsilon) },
    ...{ embedding: weight(embedding), head: weight(head) },
  };
  const plan = [wordsOf(decoderTokenPlan, token), ...layers.map((one) => wordsOf(layerPlan, layer(one)))];
  return { floats, ints, plan: plan.flatMap((words) => [...words]) };
}

function tensorsOf({ values, scales, bias, adapter }: WeightOperands): (TensorInfo | undefined)[] {
  return [values, scales, bias, adapter?.down, adapter?.up];
}
