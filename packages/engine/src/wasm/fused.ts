import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { AdamAttributes } from '../adam-attributes.js';
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

/** Operands, in the order of `Rows` in assembly/rows.ts. */
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
  const { rows, width, option = 0, number = 0 } = job;
  if (rows * width === 0) return;
  const perTask = job.rowsPerTask ?? module.itemsPerTask(rows, width);
  const places = (tensors: readonly TensorInfo[], count: number) =>
    Array.from({ length: count }, (_, i) => (tensors[i] ? module.address(tensors[i]) : 0));
  module.run(
    kind,
    Math.ceil(rows / perTask),
    [...places(job.inputs, 4), ...places(job.outputs, 2), rows, width, perTask, option],
    [number],
  );
}

function expect(condition: boolean, message: () => string): void {
  if (!condition) throw new RangeError(message());
}

function sizeOf(x: TensorInfo): number {
  return tf.util.sizeFromShape(x.shape);
}

function describe(tensors: Record<string, TensorInfo>): string {
  return Object.entries(tensors)
    .map(([name, { dtype, shape }]) => `${name} ${dtype} [${shape}]`)
    .join(', ');
}

function expectFloats(kernel: string, tensors: Record<string, TensorInfo>): void {
  const floats = Object.values(tensors).every(({ dtype }) => dtype === 'float32');
  expect(floats, () => `${kernel}: got ${describe(tensors)}; expected float32.`);
}

/** Float32 tensors of one shape. */
function expectAlike(kernel: string, tensors: Record<string, TensorInfo>): void {
  expectFloats(kernel, tensors);
  const [first] = Object.values(tensors) as [TensorInfo];
  const alike = Object.values(tensors).every(({ shape }) => tf.util.arraysEqual(shape, first.shape));
  expect(alike, () => `${kernel}: got ${describe(tensors)}; expected equal shapes.`);
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

function expectWeight(x: TensorInfo, weight: TensorInfo): void {
  expectFloats('CppoRmsNorm', { x, weight });
  expect(
    weight.shape.length === 1 && weight.shape[0] === x.shape.at(-1),
    () => `CppoRmsNorm: got ${describe({ x, weight })}; expected one weight for each number of a row.`,
  );
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
    expectAlike('CppoRotary', { cos, sin });
    expectFloats('CppoRotary', { x });
    const { rows, width } = rowsOf(x);
    const whole = tf.util.arraysEqual(cos.shape, x.shape);
    const overHeads = tf.util.arraysEqual(cos.shape, x.shape.with(-2, 1));
    expect(
      x.shape.length >= 2 && width % 2 === 0 && (whole || overHeads),
      () =>
        `CppoRotary: got ${describe({ x, cos, sin })}; expected an even last size, and angles of x's shape or with 1 before the last.`,
    );
    const out = module.output(x.shape);
    const option = whole ? 1 : x.shape.at(-2)!;
    runRows(module, 'rotary', {
      ...{ inputs: [x, cos, sin], outputs: [out], rows, width, option, number: inverse ? -1 : 1 },
    });
    return out;
  };
}

function adam(module: KernelModule): KernelFunc {
  return ({ inputs, attrs }) => {
    const tensors = inputs as Record<'variable' | 'gradient' | 'first' | 'second', TensorInfo>;
    const { learningRate, beta1, beta2, epsilon, weightDecay, step } = attrs as unknown as AdamAttributes;
    expectAlike('CppoAdam', tensors);
    const { variable, gradient, first, second } = tensors;
    const outputs = [0, 1, 2].map(() => module.output(variable.shape));
    const size = sizeOf(variable);
    if (size === 0) return outputs;
    const perTask = module.itemsPerTask(size, 1);
    const operands = [variable, gradient, first, second, ...outputs].map(module.address);
    module.run(
      'adam',
      Math.ceil(size / perTask),
      [...operands, size, perTask],
      [
        ...[beta1, beta2, epsilon, learningRate / (1 - beta1 ** step)],
        ...[1 / Math.sqrt(1 - beta2 ** step), 1 - learningRate * weightDecay],
      ],
    );
    return outputs;
  };
}
