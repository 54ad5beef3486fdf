import { availableParallelism, cpus } from 'node:os';

/** Float32 operations a cycle of one core, by the widest vectors it has: two multiply-adds of so many numbers. */
const perCycle: readonly [feature: string, operations: number][] = [
  ['avx512f', 64],
  ['fma', 32],
  ['avx', 16],
  ['asimd', 16],
];

/** How many times the numbers of WebAssembly's vectors, four, the processor's widest multiply-adds take. */
export function vectorWidening(features: readonly string[]): number {
  const [, operations = 16] = perCycle.find(([feature]) => features.includes(feature)) ?? [];
  return Math.max(1, operations / 16);
}

/**
 * Most float32 GFLOP/s that the processor could do, an estimate: cores × clock as the system reports it × operations
 * a cycle. WebAssembly's vectors hold 4 numbers, so of AVX-512 it reaches a quarter at best.
 */
export function processorPeak(
  features: readonly string[],
  cores = availableParallelism(),
): number | undefined {
  const [, operations] = perCycle.find(([feature]) => features.includes(feature)) ?? [];
  const megahertz = cpus()[0]?.speed;
  return operations && megahertz ? (cores * megahertz * operations) / 1000 : undefined;
}
