/**
 * Hashes all that an encoded prompt holds: numbers, texts, and the bytes of its arrays. Learners compare prompts by it,
 * which they do not have at hand.
 *
 * @param value anything that is made of objects, texts, numbers and typed arrays.
 * @returns 64 bits as text.
 */
export function contentHash(value: unknown): string {
  const lanes = Uint32Array.of(0x811c9dc5, 0x9e3779b9);
  const mix = (word: number) => {
    lanes[0] = Math.imul((lanes[0] ?? 0) ^ word, 0x01000193);
    lanes[1] = Math.imul(((lanes[1] ?? 0) ^ word) >>> 0, 0x85ebca6b) ^ ((lanes[1] ?? 0) >>> 15);
  };
  const add = (part: unknown): void => {
    if (ArrayBuffer.isView(part)) {
      const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
      mix(bytes.length);
      // Four bytes at once where they lie so.
      const whole = bytes.byteOffset % 4 === 0 ? bytes.length - (bytes.length % 4) : 0;
      for (const word of new Uint32Array(bytes.buffer, whole === 0 ? 0 : bytes.byteOffset, whole / 4))
        mix(word);
      for (const byte of bytes.subarray(whole)) mix(byte);
    } else if (typeof part === 'object' && part !== null) {
      for (const [name, inner] of Object.entries(part)) {
        add(name);
        add(inner);
      }
    } else {
      const text = `${typeof part} ${String(part)}`;
      mix(text.length);
      for (let i = 0; i < text.length; i++) mix(text.charCodeAt(i));
    }
  };
  add(value);
  return Array.from(lanes, (lane) => lane.toString(16).padStart(8, '0')).join('');
}
