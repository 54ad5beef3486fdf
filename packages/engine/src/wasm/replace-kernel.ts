import type { KernelConfig, KernelFunc } from '@tensorflow/tfjs-core';

/** A kernel of ours remembers the one that it replaced. */
interface OwnKernel extends KernelConfig {
  readonly stock: KernelFunc | undefined;
}

/** Runs something with the stock kernels back in place, and without the fused ones that stock lacks. */
export function withStockKernels<T>(run: () => T): T {
  const own = tf.getKernelsForBackend('wasm').filter((kernel): kernel is OwnKernel => 'stock' in kernel);
  const swapped = own.flatMap((kernel) => (kernel.stock ? [{ kernel, ours: kernel.kernelFunc }] : []));
  const fused = own.filter(({ kernelName }) => kernelName.startsWith('Cppo'));
  try {
    for (const { kernel } of swapped) kernel.kernelFunc = kernel.stock!;
    for (const { kernelName } of fused) tf.unregisterKernel(kernelName, 'wasm');
    return run();
  } finally {
    for (const { kernel, ours } of swapped) kernel.kernelFunc = ours;
    for (const kernel of fused) tf.registerKernel(kernel);
  }
}

import * as tf from '@tensorflow/tfjs-core';

/**
 * Puts `make(stock)` in the place of the wasm backend's kernel `name`; `stock` is the kernel that was there,
 * already set up, or undefined.
 */
export function replaceKernel(name: string, make: (stock: KernelFunc | undefined) => KernelFunc): void {
  const stock = tf.getKernel(name, 'wasm');
  if (stock) tf.unregisterKernel(name, 'wasm');
  const kernel: OwnKernel = {
    kernelName: name,
    backendName: 'wasm',
    kernelFunc: make(stock?.kernelFunc),
    stock: stock?.kernelFunc,
    ...(stock?.setupFunc && { setupFunc: stock.setupFunc }),
  };
  tf.registerKernel(kernel);
}
