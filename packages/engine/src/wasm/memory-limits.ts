// Whether a WebAssembly memory is shared between threads is one bit in the module that declares it. Both the
// stock SIMD build and our kernels are used with and without threads by setting that bit when they are loaded:
// ordinary loads and stores mean the same on either kind of memory.

const MEMORY_SECTION = 5;
const IMPORT_SECTION = 2;
const IMPORT_KINDS = { function: 0, table: 1, memory: 2, global: 3 };
const HAS_MAXIMUM = 1;
const SHARED = 2;

/**
 * A copy of a WebAssembly binary whose one memory, declared or imported, is shared or not.
 *
 * @throws RangeError when the binary has no memory, or one without a maximum (which may not be shared).
 */
export function withMemoryShared(binary: Uint8Array, shared: boolean): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(binary);
  const at = memoryFlags(copy);
  const flags = at === undefined ? 0 : copy[at]!;
  if (at === undefined || !(flags & HAS_MAXIMUM)) {
    throw new RangeError('withMemoryShared: found no memory with a maximum size in the binary.');
  }
  copy[at] = shared ? flags | SHARED : flags & ~SHARED;
  return copy;
}

/** Index of the byte with the memory's flags. */
function memoryFlags(binary: Uint8Array): number | undefined {
  let at = 8; // after the magic number and the version
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++]!;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const skipName = () => {
    const length = number();
    at += length;
  };
  const skipLimits = () => {
    const flags = number();
    number();
    if (flags & HAS_MAXIMUM) number();
  };
  while (at < binary.length) {
    const section = number();
    const size = number();
    const end = at + size;
    if (section === MEMORY_SECTION && number() > 0) return at;
    if (section === IMPORT_SECTION) {
      for (let left = number(); left > 0; left--) {
        skipName();
        skipName();
        const kind = number();
        if (kind === IMPORT_KINDS.memory) return at;
        if (kind === IMPORT_KINDS.table) {
          at++;
          skipLimits();
        } else if (kind === IMPORT_KINDS.global) at += 2;
        else number();
      }
    }
    at = end;
  }
  return undefined;
}
