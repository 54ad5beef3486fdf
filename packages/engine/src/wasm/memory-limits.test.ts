import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { simdBinary } from './binaries.js';
import { withMemoryShared } from './memory-limits.js';

const stock = createRequire(import.meta.url).resolve(
  '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm',
);

describe('withMemoryShared', () => {
  it('changes one byte of a module that declares its memory, and back', async () => {
    const binary = new Uint8Array(await readFile(stock));
    const shared = withMemoryShared(binary, true);
    expect(shared.filter((byte, i) => byte !== binary[i]).length).toBe(1);
    expect(WebAssembly.validate(shared)).toBe(true);
    expect(Buffer.from(withMemoryShared(shared, false)).equals(Buffer.from(binary))).toBe(true);
  });

  it('changes one byte of a module that imports its memory', () => {
    const binary = new Uint8Array(Buffer.from(simdBinary, 'base64'));
    const unshared = withMemoryShared(binary, false);
    expect(unshared.filter((byte, i) => byte !== binary[i]).length).toBe(1);
    expect(WebAssembly.validate(unshared)).toBe(true);
  });

  it('says when there is no memory that can be shared', () => {
    const empty = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]);
    expect(() => withMemoryShared(empty, true)).toThrow(
      'withMemoryShared: found no memory with a maximum size',
    );
  });
});
