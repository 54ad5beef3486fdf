import { describe, expect, it } from 'vitest';
import { relaxedBinary, simdBinary } from './binaries.js';

describe('the committed kernels', () => {
  it.each([
    ['simd', simdBinary],
    ['relaxed', relaxedBinary],
  ])('are what assembly/ compiles to (%s)', async (target, committed) => {
    // Plain JavaScript, also run by hand after a change of assembly/.
    const builder = new URL('../../tools/build-wasm.mjs', import.meta.url).href;
    const { compileKernels } = (await import(builder)) as {
      compileKernels(target: string): Promise<Uint8Array>;
    };
    expect(Buffer.from(await compileKernels(target)).toString('base64') === committed).toBe(true);
  });
});
