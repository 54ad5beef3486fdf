import type { PackedFormat } from '../packed-inputs.js';

/** The record of a weight in assembly/weight.ts; addresses of its tensors. */
export interface Weight {
  readonly values: number;
  readonly scales: number;
  readonly format: 'float32' | PackedFormat;
  readonly columns: number;
  readonly rounded: boolean;
}

/** Formats, in the order of their numbers there. */
const formats = ['float32', 'bfloat16', 'int8', 'nf4'] as const;

/** Words of the record. */
export const weightWords = 5;

export function formatNumber(format: Weight['format']): number {
  return formats.indexOf(format);
}

export function weightRecord({ values, scales, format, columns, rounded }: Weight): number[] {
  return [values, scales, formatNumber(format), columns, rounded ? 1 : 0];
}

/** Numbers of a product that says itself how they lie. */
export function plainWeight(values: number): Weight {
  return { values, scales: 0, format: 'float32', columns: 0, rounded: false };
}
