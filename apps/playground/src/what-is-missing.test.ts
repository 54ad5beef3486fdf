import { expect, it } from 'vitest';
import { missingHere } from './what-is-missing.js';

const whole = {
  ...{ WebAssembly, DecompressionStream, Worker: class {}, OffscreenCanvas: class {} },
} as unknown as typeof globalThis;

it('says what a browser lacks', () => {
  expect(missingHere(whole)).toBeUndefined();
  expect(missingHere({ ...whole, WebAssembly: undefined as never })).toContain('no WebAssembly');
  const withoutSimd = { ...WebAssembly, validate: () => false } as typeof WebAssembly;
  expect(missingHere({ ...whole, WebAssembly: withoutSimd })).toContain('no SIMD');
  expect(missingHere({ ...whole, Worker: undefined as never })).toContain('no workers');
  expect(missingHere({ ...whole, OffscreenCanvas: undefined as never })).toContain('no OffscreenCanvas');
  expect(missingHere({ ...whole, DecompressionStream: undefined as never })).toContain(
    'no DecompressionStream',
  );
});
