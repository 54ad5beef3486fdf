import { availableParallelism, cpus } from 'node:os';

/** Float32 operations a cycle of one core, by the widest vectors it has: two multiply-adds of so many numbers. */
const perCycle: readonly [feature: string, operations: number][] = [
  ['avx512f', 64],
  ['fma', 32],
  ['avx', 16],
  ['asimd', 16],
];

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
