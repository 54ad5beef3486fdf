// The inner loops over pixels, in AssemblyScript (WebAssembly with 128-bit SIMD). `npm run kernel` compiles
// them into ../src/kernel/binary.ts.
//
// Addresses are bytes of linear memory; images are interleaved RGB without row padding. Every buffer is followed by at
// least 16 spare bytes, so that a pixel can be read and written as 4 bytes and vectors may look past the end.

export { blur } from './blur';
export { blendValues, lumaSum, saturate } from './color';
export { fillNoise } from './noise';
export { warpPerspective } from './perspective';
export { enlarge } from './resize';
export { warpNearest } from './warp';
