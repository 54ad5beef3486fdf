// How a kernel stands among TensorFlow's operations: its tensors and numbers, in the order of the inputs.

export type OperandType = 'float' | 'int32';

export interface Operation<Input extends string = string, Number extends string = string> {
  readonly name: string;
  readonly inputs: Readonly<Record<Input, OperandType>>;
  /** What the input `numbers`, the last one, holds; there is none where this is empty. */
  readonly numbers: readonly Number[];
  readonly outputs: Readonly<Record<string, OperandType>>;
}

/** Describes an operation. Inputs are float32 unless declared `int32`. */
export function operation<Input extends string, Number extends string = never>(
  name: string,
  inputs: Readonly<Record<Input, OperandType>>,
  outputs: Readonly<Record<string, OperandType>>,
  numbers: readonly Number[] = [],
): Operation<Input, Number> {
  return { name, inputs, numbers, outputs };
}

/** Operands that are float32. */
export function floats<Name extends string>(...names: readonly Name[]): Record<Name, OperandType> {
  return Object.fromEntries(names.map((name) => [name, 'float'])) as Record<Name, OperandType>;
}
