import type { ValuesOf } from '../kernels/layout.js';
import { formatNumber, type WeightFormat, type weightLayout } from '../kernels/packed-weight.js';

/** A weight; addresses of its tensors. */
export interface Weight {
  readonly values: number;
  readonly scales: number;
  readonly format: WeightFormat;
  readonly columns: number;
  readonly rounded: boolean;
}

export function weightRecord({
  values,
  scales,
  format,
  columns,
  rounded,
}: Weight): ValuesOf<typeof weightLayout> {
  return { values, scales, format: formatNumber(format), columns, rounded: rounded ? 1 : 0 };
}

/** Numbers of a product that says itself how they lie. */
export function plainWeight(values: number): Weight {
  return { values, scales: 0, format: 'float32', columns: 0, rounded: false };
}
