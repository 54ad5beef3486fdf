import { readFile } from 'node:fs/promises';

const notable =
  /^(sse4_2|avx|avx2|fma|avx512f|avx512_bf16|avx512_fp16|amx_tile|amx_bf16|asimd|bf16|i8mm|sve)$/;

/** Features of the processor that matter to products of matrices; empty where the system does not tell. */
export async function processorFeatures(): Promise<string[]> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1] ?? '';
  return line.split(/\s+/).filter((feature) => notable.test(feature));
}
