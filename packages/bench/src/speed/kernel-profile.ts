import * as tf from '@tensorflow/tfjs-core';

/** What one kernel took while something ran. */
export interface KernelTime {
  readonly kernel: string;
  readonly calls: number;
  /** Without the kernels that it called itself. */
  readonly seconds: number;
  /** Floating-point operations; products of matrices only. */
  readonly operations: number;
}

/** Puts a clock around every kernel of the current engine while `run` runs. Engines that compute later show too little. */
export async function profileKernels(run: () => Promise<unknown>): Promise<KernelTime[]> {
  const times = new Map<string, { calls: number; seconds: number; operations: number }>();
  const inner: number[] = [];
  const kernels = tf.getKernelsForBackend(tf.getBackend());
  const originals = kernels.map(({ kernelFunc }) => kernelFunc);
  kernels.forEach((kernel, index) => {
    const { kernelName } = kernel;
    kernel.kernelFunc = (call) => {
      inner.push(0);
      const start = performance.now();
      const result = originals[index]!(call);
      const took = performance.now() - start;
      const own = took - inner.pop()!;
      if (inner.length > 0) inner[inner.length - 1]! += took;
      const time = times.get(kernelName) ?? { calls: 0, seconds: 0, operations: 0 };
      times.set(kernelName, {
        calls: time.calls + 1,
        seconds: time.seconds + own / 1000,
        operations: time.operations + operationsOf(kernelName, call, result),
      });
      return result;
    };
  });
  try {
    await run();
  } finally {
    kernels.forEach((kernel, index) => {
      kernel.kernelFunc = originals[index]!;
    });
  }
  return [...times]
    .map(([kernel, time]) => ({ kernel, ...time }))
    .sort((first, second) => second.seconds - first.seconds);
}

function operationsOf(
  kernel: string,
  { inputs, attrs }: Parameters<tf.KernelFunc>[0],
  result: ReturnType<tf.KernelFunc>,
): number {
  if (kernel !== tf.BatchMatMul && kernel !== tf._FusedMatMul) return 0;
  const { transposeA } = attrs as unknown as { transposeA: boolean };
  const depth = inputs.a!.shape.at(transposeA ? -2 : -1)!;
  return 2 * depth * tf.util.sizeFromShape((result as tf.TensorInfo).shape);
}
