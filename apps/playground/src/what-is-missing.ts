/** A module of one function that adds vectors: valid where WebAssembly has SIMD. */
const vectorProgram = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

/** What this page needs and the browser lacks, in a sentence; nothing where all is there. */
export function missingHere(scope: Partial<typeof globalThis> = globalThis): string | undefined {
  const { WebAssembly: wasm } = scope;
  if (wasm === undefined) return 'This browser has no WebAssembly, which the model computes with.';
  if (!wasm.validate(vectorProgram)) {
    return 'WebAssembly has no SIMD here; expected Chrome 91, Firefox 89, Safari 16.4 or newer.';
  }
  if (scope.Worker === undefined) return 'This browser has no workers, in which the model computes.';
  if (scope.OffscreenCanvas === undefined) {
    return 'This browser has no OffscreenCanvas, by which pictures are read; expected Safari 16.4 or newer.';
  }
  if (scope.DecompressionStream === undefined) {
    return 'This browser has no DecompressionStream, by which the model is unpacked; expected Chrome 80, Firefox 113, Safari 16.4 or newer.';
  }
  return undefined;
}
