import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Looks for two operands of the same type and shape that a kernel takes, or gives, for each other: exchanged once more,
 * they make a wrong result right.
 *
 * @param kernels names of those that take part.
 * @param isRight computes the result again.
 * @returns the two in words; undefined where there are none.
 */
export async function findSwappedOperands(
  kernels: readonly string[],
  isRight: () => Promise<boolean>,
): Promise<string | undefined> {
  for (const name of kernels) {
    const kernel = tf.getKernel(name, tf.getBackend());
    if (!kernel) continue;
    const seen = await operandsOf(kernel, isRight);
    for (const [a, b] of alikePairs(seen.inputs)) {
      const swapped = (stock: KernelFunc) => takeSwapped(stock, a, b);
      if (await withKernel(kernel, swapped, isRight)) return `${name} takes ${a} for ${b}, and ${b} for ${a}`;
    }
    for (const [a, b] of alikePairs(seen.outputs)) {
      const swapped = (stock: KernelFunc) => giveSwapped(stock, Number(a), Number(b));
      if (await withKernel(kernel, swapped, isRight))
        return `${name} gives output ${a} as ${b}, and ${b} as ${a}`;
    }
  }
  return undefined;
}

type Operands = Readonly<Record<string, TensorInfo>>;

function takeSwapped(stock: KernelFunc, a: string, b: string): KernelFunc {
  return (call) => {
    const { [a]: first, [b]: second } = call.inputs;
    return stock(first && second ? { ...call, inputs: { ...call.inputs, [a]: second, [b]: first } } : call);
  };
}

function giveSwapped(stock: KernelFunc, a: number, b: number): KernelFunc {
  return (call) => {
    const results = stock(call);
    if (!Array.isArray(results)) return results;
    const [first, second] = [results[a]!, results[b]!];
    return results.with(a, second).with(b, first);
  };
}

/** The operands of the first call of a kernel. */
async function operandsOf(kernel: KernelConfig, run: () => Promise<unknown>) {
  let seen: { readonly inputs: Operands; readonly outputs: Operands } | undefined;
  const watching = (stock: KernelFunc): KernelFunc => {
    return (call) => {
      const results = stock(call);
      const outputs = Array.isArray(results) ? { ...results } : {};
      seen ??= { inputs: call.inputs as Operands, outputs };
      return results;
    };
  };
  await withKernel(kernel, watching, run);
  return seen ?? { inputs: {}, outputs: {} };
}

/** Runs something while a kernel is another one. */
async function withKernel<T>(
  kernel: KernelConfig,
  make: (stock: KernelFunc) => KernelFunc,
  run: () => Promise<T>,
): Promise<T | undefined> {
  const stock = kernel.kernelFunc;
  kernel.kernelFunc = make(stock);
  try {
    return await run();
  } catch {
    // What two operands make no sense for each other, a kernel may refuse: then they were not swapped.
    return undefined;
  } finally {
    kernel.kernelFunc = stock;
  }
}

function alikePairs(operands: Operands): [string, string][] {
  const entries = Object.entries(operands).filter(([, x]) => x);
  return entries.flatMap(([a, x], i) =>
    entries
      .slice(i + 1)
      .filter(([, y]) => x.dtype === y.dtype && tf.util.arraysEqual(x.shape, y.shape))
      .map(([b]): [string, string] => [a, b]),
  );
}
