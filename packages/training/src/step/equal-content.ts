/**
 * Compares all that two encoded prompts hold: numbers, texts, and the bytes of their arrays.
 *
 * @param a one value.
 * @param b the other.
 * @returns whether they hold the same.
 */
export function equalContent(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return equalBytes(bytesOf(a), bytesOf(b));
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [ofA, ofB] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))];
  return (
    ofA.length === ofB.size && ofA.every(([name, part]) => ofB.has(name) && equalContent(part, ofB.get(name)))
  );
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
