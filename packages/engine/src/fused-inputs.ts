import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { AdamAttributes } from './adam-attributes.js';

// What the fused kernels expect of their inputs, on every engine.

export function expect(condition: boolean, message: () => string): void {
  if (!condition) throw new RangeError(message());
}

export function sizeOf(x: TensorInfo): number {
  return tf.util.sizeFromShape(x.shape);
}

function describe(tensors: Record<string, TensorInfo>): string {
  return Object.entries(tensors)
    .map(([name, { dtype, shape }]) => `${name} ${dtype} [${shape}]`)
    .join(', ');
}

export function expectFloats(kernel: string, tensors: Record<string, TensorInfo>): void {
  const floats = Object.values(tensors).every(({ dtype }) => dtype === 'float32');
  expect(floats, () => `${kernel}: got ${describe(tensors)}; expected float32.`);
}

/** Float32 tensors of one shape. */
export function expectAlike(kernel: string, tensors: Record<string, TensorInfo>): void {
  expectFloats(kernel, tensors);
  const [first] = Object.values(tensors) as [TensorInfo];
  const alike = Object.values(tensors).every(({ shape }) => tf.util.arraysEqual(shape, first.shape));
  expect(alike, () => `${kernel}: got ${describe(tensors)}; expected equal shapes.`);
}

/** Float32 tensors of the shapes given. */
export function expectShapes(
  kernel: string,
  tensors: Record<string, TensorInfo>,
  shapes: Record<string, readonly number[]>,
): void {
  expectFloats(kernel, tensors);
  for (const [name, shape] of Object.entries(shapes)) {
    const x = tensors[name]!;
    expect(
      tf.util.arraysEqual(x.shape, [...shape]),
      () => `${kernel}: got ${describe({ [name]: x })}; expected [${shape}].`,
    );
  }
}

export function expectWeight(x: TensorInfo, weight: TensorInfo): void {
  expectFloats('CppoRmsNorm', { x, weight });
  expect(
    weight.shape.length === 1 && weight.shape[0] === x.shape.at(-1),
    () => `CppoRmsNorm: got ${describe({ x, weight })}; expected one weight for each number of a row.`,
  );
}

/** @returns how many heads share a row of angles, 1 where the angles have x's shape. */
export function expectAngles(x: TensorInfo, cos: TensorInfo, sin: TensorInfo): number {
  expectAlike('CppoRotary', { cos, sin });
  expectFloats('CppoRotary', { x });
  const whole = tf.util.arraysEqual(cos.shape, x.shape);
  const overHeads = tf.util.arraysEqual(cos.shape, x.shape.with(-2, 1));
  expect(
    x.shape.length >= 2 && (x.shape.at(-1) as number) % 2 === 0 && (whole || overHeads),
    () =>
      `CppoRotary: got ${describe({ x, cos, sin })}; expected an even last size, and angles of x's shape or with 1 before the last.`,
  );
  return whole ? 1 : x.shape.at(-2)!;
}

/** What enters a kernel of AdamW: β₁, β₂, ε, η/(1 − β₁ᵗ), 1/√(1 − β₂ᵗ), 1 − η·decay. */
export function adamNumbers(attributes: AdamAttributes): number[] {
  const { learningRate, beta1, beta2, epsilon, weightDecay, step } = attributes;
  return [
    ...[beta1, beta2, epsilon, learningRate / (1 - beta1 ** step)],
    ...[1 / Math.sqrt(1 - beta2 ** step), 1 - learningRate * weightDecay],
  ];
}
