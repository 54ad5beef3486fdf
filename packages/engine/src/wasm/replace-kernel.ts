import type { KernelFunc } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Puts `make(stock)` in the place of the wasm backend's kernel `name`; `stock` is the kernel that was there,
 * already set up, or undefined.
 */
export function replaceKernel(name: string, make: (stock: KernelFunc | undefined) => KernelFunc): void {
  const stock = tf.getKernel(name, 'wasm');
  if (stock) tf.unregisterKernel(name, 'wasm');
  tf.registerKernel({
    kernelName: name,
    backendName: 'wasm',
    kernelFunc: make(stock?.kernelFunc),
    ...(stock?.setupFunc && { setupFunc: stock.setupFunc }),
  });
}
