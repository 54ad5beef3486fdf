import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

// Checks of what enters a kernel, on every engine.

export function expect(condition: boolean, message: () => string): void {
  if (!condition) throw new RangeError(message());
}

export function sizeOf(x: TensorInfo): number {
  return tf.util.sizeFromShape(x.shape);
}

export function describe(tensors: Record<string, TensorInfo>): string {
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

/** @throws RangeError when a tensor is missing or has another type or shape. */
export function expectTensor(
  kernel: string,
  name: string,
  x: TensorInfo | undefined,
  dtype: string,
  shape: readonly number[],
): asserts x is TensorInfo {
  if (x?.dtype === dtype && tf.util.arraysEqual(x.shape, [...shape])) return;
  const found = x ? `${x.dtype} [${x.shape}]` : 'nowhere';
  throw new RangeError(`${kernel}: got ${name} ${found}; expected ${dtype} [${shape}].`);
}
