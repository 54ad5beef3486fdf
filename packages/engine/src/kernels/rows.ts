import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, expectAlike, expectFloats } from './expect.js';
import { layout, real, size, sizes } from './layout.js';
import { floats, operation } from './operation.js';

// Kernels that take the rows of a matrix one by one: softmax, RMSNorm, SwiGLU, rotary embeddings, and their gradients.

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

/** Columns that one task of a sum over rows adds up. */
export const reducedColumns = 64;

export const rowsLayout = layout(
  'Rows',
  {
    ...sizes('a', 'b', 'c', 'd', 'out', 'out2', 'rows', 'width', 'rowsPerTask'),
    option: size('Meaning given by each kernel.'),
    number: real(),
  },
  { about: 'A job over the rows of matrices [rows, width]; each kernel says which operand is which.' },
);

export const rmsNormOperation = operation('CppoRmsNorm', floats('x', 'weight'), floats('y'), ['epsilon']);
export const rmsNormGradientOperation = operation(
  'CppoRmsNormGradient',
  floats('x', 'weight', 'dy'),
  floats('dx', 'dWeight'),
  ['epsilon'],
);
export const swiGluOperation = operation('CppoSwiGlu', floats('gate', 'up'), floats('y'));
export const swiGluGradientOperation = operation(
  'CppoSwiGluGradient',
  floats('gate', 'up', 'dy'),
  floats('dGate', 'dUp'),
);
export const rotaryOperation = operation('CppoRotary', floats('x', 'cos', 'sin'), floats('y'), ['sign']);
export const softmaxOperation = operation('CppoSoftmax', floats('x'), floats('y'));
export const softmaxGradientOperation = operation('CppoSoftmaxGradient', floats('y', 'dy'), floats('dx'));
