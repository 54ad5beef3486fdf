import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type AdamAttributes, adamNumbers } from '../kernels/adam.js';
import { expectAlike, expectFloats, sizeOf } from '../kernels/expect.js';
import { expectAngles, expectWeight } from '../kernels/rows.js';
import type { KernelModule } from './kernel-module.js';
import { replaceKernel } from './replace-kernel.js';

// Several operations of a transformer as single kernels. A model looks them up by name and uses plain
// operations where an engine lacks them; gradients are in ../gradients.ts.

/** Registers softmax and the kernels named in `fusedKernels`. */
export function registerFused(module: KernelModule): void {
  replaceKernel(tf.Softmax, () => softmax(module));
  replaceKernel('CppoSoftmaxGradient', () => softmaxGradient(module));
  replaceKernel('CppoRmsNorm', () => rmsNorm(module));
  replaceKernel('CppoRmsNormGradient', () => rmsNormGradient(module));
  replaceKernel('CppoSwiGlu', () => swiGlu(module));
  replaceKernel('CppoSwiGluGradient', () => swiGluGradient(module));
  replaceKernel('CppoRotary', () => rotary(module));
  replaceKernel('CppoAdam', () => adam(module));
}

type RowKind =
  | 'softmax'
  | 'softmaxGradient'
  | 'rmsNorm'
  | 'rmsNormGradient'
  | 'swiGlu'
  | 'swiGluGradient'
  | 'rotary';

/** Operands, in the order of the fields of `rowsLayout`. */
interface RowJob {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly rows: number;
  readonly width: number;
  readonly rowsPerTask?: number;
  readonly option?: number;
  readonly number?: number;
}

function runRows(module: KernelModule, kind: RowKind, job: RowJob): void {
  const { rows, width, inputs, outputs, option = 0, number = 0 } = job;
  if (rows * width === 0) return;
  const rowsPerTask = job.rowsPerTask ?? module.itemsPerTask(rows, width);
  const [a, b, c, d] = inputs;
  const [out, out2] = outputs;
  const place = (tensor: TensorInfo | undefined) => (tensor ? module.address(tensor) : 0);
  module.run(kind, Math.ceil(rows / rowsPerTask), {
    ...{ a: place(a), b: place(b), c: place(c), d: place(d), out: place(out), out2: place(out2) },
    ...{ rows, width, rowsPerTask, option, number },
  });
}

function rowsOf(x: TensorInfo): { rows: number; width: number } {
  const width = x.shape.at(-1) ?? 1;
  return { rows: width === 0 ? 0 : sizeOf(x) / width, width };
}

function softmax(module: KernelModule): KernelFunc {
  return ({ inputs }) => {
    const { logits } = inputs as { logits: TensorInfo };
    expectFloats('softmax', { logits });
    const out = module.output(logits.shape);
    runRows(module, 'softmax', { inputs: [logits], outputs: [out], ...rowsOf(logits) });
    return out;
  };
}

function softmaxGradient(module: KernelModule): KernelFunc {
  return ({ inputs }) => {
    const { y, dy } = inputs as { y: TensorInfo; dy: TensorInfo };
    expectAlike('CppoSoftmaxGradient', { y, dy });
    const out = module.output(y.shape);
    runRows(module, 'softmaxGradient', { inputs: [y, dy], outputs: [out], ...rowsOf(y) });
    return out;
  };
}

function rmsNorm(module: KernelModule): KernelFunc {
  return ({ inputs, attrs }) => {
    const { x, weight } = inputs as { x: TensorInfo; weight: TensorInfo };
    const { epsilon } = attrs as unknown as { epsilon: number };
    expectWeight(x, weight);
    const out = module.output(x.shape);
    runRows(module, 'rmsNorm', { inputs: [x, weight], outputs: [out], ...rowsOf(x), number: epsilon });
    return out;
  };
}

function rmsNormGradient(module: KernelModule): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const { x, weight, dy } = inputs as { x: TensorInfo; weight: TensorInfo; dy: TensorInfo };
    const { epsilon } = attrs as unknown as { epsilon: number };
    expectWeight(x, weight);
    expectAlike('CppoRmsNormGradient', { x, dy });
    const { rows, width } = rowsOf(x);
    const rowsPerTask = module.itemsPerTask(rows, width);
    const parts = module.output([Math.ceil(rows / rowsPerTask) || 0, width]);
    const dx = module.output(x.shape);
    runRows(module, 'rmsNormGradient', {
      ...{ inputs: [x, weight, dy], outputs: [dx, parts], rows, width, rowsPerTask, number: epsilon },
    });
    const sum = tf.getKernel(tf.Sum, 'wasm').kernelFunc;
    const dWeight = sum({
      inputs: { x: parts },
      backend,
      attrs: { axis: [0], keepDims: false },
    }) as TensorInfo;
    module.backend.disposeData(parts.dataId);
    return [dx, dWeight];
  };
}

function swiGlu(module: KernelModule): KernelFunc {
  return ({ inputs }) => {
    const { gate, up } = inputs as { gate: TensorInfo; up: TensorInfo };
    expectAlike('CppoSwiGlu', { gate, up });
    const out = module.output(gate.shape);
    runRows(module, 'swiGlu', { inputs: [gate, up], outputs: [out], rows: sizeOf(gate), width: 1 });
    return out;
  };
}

function swiGluGradient(module: KernelModule): KernelFunc {
  return ({ inputs }) => {
    const { gate, up, dy } = inputs as { gate: TensorInfo; up: TensorInfo; dy: TensorInfo };
    expectAlike('CppoSwiGluGradient', { gate, up, dy });
    const outputs = [module.output(gate.shape), module.output(gate.shape)];
    runRows(module, 'swiGluGradient', { inputs: [gate, up, dy], outputs, rows: sizeOf(gate), width: 1 });
    return outputs;
  };
}

function rotary(module: KernelModule): KernelFunc {
  return ({ inputs, attrs }) => {
    const { x, cos, sin } = inputs as { x: TensorInfo; cos: TensorInfo; sin: TensorInfo };
    const { inverse = false } = (attrs ?? {}) as unknown as { inverse?: boolean };
    const option = expectAngles(x, cos, sin);
    const { rows, width } = rowsOf(x);
    const out = module.output(x.shape);
    runRows(module, 'rotary', {
      ...{ inputs: [x, cos, sin], outputs: [out], rows, width, option, number: inverse ? -1 : 1 },
    });
    return out;
  };
}

function adam(module: KernelModule): KernelFunc {
  return ({ inputs, attrs }) => {
    const tensors = inputs as Record<'variable' | 'gradient' | 'first' | 'second', TensorInfo>;
    expectAlike('CppoAdam', tensors);
    const { variable, gradient, first, second } = tensors;
    const output = () => module.output(variable.shape);
    const [newVariable, newFirst, newSecond] = [output(), output(), output()];
    const outputs = [newVariable, newFirst, newSecond];
    const size = sizeOf(variable);
    if (size === 0) return outputs;
    const sizePerTask = module.itemsPerTask(size, 1);
    const { address } = module;
    module.run('adam', Math.ceil(size / sizePerTask), {
      ...{ variable: address(variable), gradient: address(gradient) },
      ...{ first: address(first), second: address(second) },
      ...{ newVariable: address(newVariable), newFirst: address(newFirst), newSecond: address(newSecond) },
      ...{ size, sizePerTask },
      ...adamNumbers(attrs as unknown as AdamAttributes),
    });
    return outputs;
  };
}
